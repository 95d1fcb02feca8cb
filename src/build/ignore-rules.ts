import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { ignoreFileNames, readIgnoreFile } from '../formats/patterns/ignore-file.ts';
import { compilePatternSet } from '../formats/patterns/pattern-set.ts';
import type { PathFilter } from '../source/path-filter.ts';

/** What an ignore file leaves out of the main context. */
export interface IgnoreRules {
  readonly patterns: readonly string[];
  readonly filter: PathFilter;
}

/** Gives the text of a file, or undefined if there is none. */
export type ReadText = (path: string) => Promise<string | undefined>;

/**
 * The rules of `<Dockerfile>.dockerignore` if it is there, else of `.dockerignore` in the context. Throws
 * PATTERN_INVALID naming the file.
 */
export async function readIgnoreRules(options: {
  /** As `beside` knows it; undefined for a Dockerfile from standard input. */
  readonly dockerfile: string | undefined;
  readonly beside: ReadText;
  readonly inContext: ReadText;
}): Promise<IgnoreRules | undefined> {
  const [besideName, contextName] = ignoreFileNames(options.dockerfile ?? '');
  const own = options.dockerfile === undefined ? undefined : await options.beside(besideName);
  const text = own ?? (await options.inContext(contextName));
  if (text === undefined) return undefined;
  try {
    return compileRules(text);
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    const file = own === undefined ? contextName : besideName;
    const at = text.split('\n').findIndex(isWrong) + 1;
    if (at > 0) throw error.withSource({ file, text, ranges: [{ startLine: at, endLine: at }] });
    throw new FirekilnError(error.code, `${file}: ${error.message}`, { hint: error.hint, cause: error });
  }
}

function compileRules(text: string): IgnoreRules | undefined {
  const patterns = readIgnoreFile(text);
  return patterns.length === 0 ? undefined : { patterns, filter: compilePatternSet(patterns) };
}

function isWrong(line: string): boolean {
  try {
    compileRules(line);
    return false;
  } catch {
    return true;
  }
}
