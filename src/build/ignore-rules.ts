import { isFirekilnError } from '../base/errors/firekiln-error.ts';
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
  const file = own === undefined ? contextName : besideName;
  try {
    const rules = compileRules(text);
    return rules === undefined ? undefined : { ...rules, filter: placingFaults(rules.filter, file, text) };
  } catch (error) {
    throw placed(error, file, text, compileRules);
  }
}

function compileRules(text: string): IgnoreRules | undefined {
  const patterns = readIgnoreFile(text);
  return patterns.length === 0 ? undefined : { patterns, filter: compilePatternSet(patterns) };
}

/** Some faults of patterns only show when they are matched. */
function placingFaults(filter: PathFilter, file: string, text: string): PathFilter {
  return {
    hasExceptions: filter.hasExceptions,
    match: (path, state) => {
      try {
        return filter.match(path, state);
      } catch (error) {
        throw placed(error, file, text, (line) => compileRules(line)?.filter.match(path, undefined));
      }
    },
  };
}

/** The error at the first line that fails alone, or with the name of the file if none does. */
function placed(error: unknown, file: string, text: string, attempt: (line: string) => unknown): unknown {
  if (!isFirekilnError(error)) return error;
  const at = text.split('\n').findIndex((line) => fails(() => attempt(line))) + 1;
  if (at > 0) return error.withSource({ file, text, ranges: [{ startLine: at, endLine: at }] });
  return error.with({ message: `${file}: ${error.message}` });
}

function fails(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}
