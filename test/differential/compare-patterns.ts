import { isFirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { foldersOf } from '../../src/formats/patterns/folders-of.ts';
import { compileGlob } from '../../src/formats/patterns/glob.ts';
import { readIgnoreFile } from '../../src/formats/patterns/ignore-file.ts';
import { compilePatternSet, type FolderMatch, type PatternSet } from '../../src/formats/patterns/pattern-set.ts';
import { type Difference, differenceOf } from './compare-parse.ts';
import type { Oracle } from './oracle.ts';

export interface PatternCase {
  readonly patterns: readonly string[];
  readonly paths: readonly string[];
}

interface GoPatterns {
  readonly panic?: string;
  readonly failure?: unknown;
  readonly paths?: readonly { matched: boolean | null; walked: boolean | null }[];
  readonly patterns?: readonly string[];
  readonly matches?: readonly (boolean | null)[];
}

export async function compareIgnore(oracle: Oracle, row: PatternCase): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoPatterns>({ op: 'ignore', ...row });
  // moby's matcher reads behind the end of `!**` and of the like.
  if (reply.panic !== undefined) return undefined;
  const theirs = reply.failure === undefined ? reply.paths : 'error';
  const ours = orError(() => {
    const set = compilePatternSet(row.patterns);
    return row.paths.map((path) => ({
      matched: orNull(() => set.matches(path)),
      walked: orNull(() => walkTo(set, path)),
    }));
  });
  return differenceOf(ours, theirs);
}

export async function compareGlob(oracle: Oracle, row: PatternCase): Promise<Difference | undefined> {
  const [pattern = ''] = row.patterns;
  const reply = await oracle.ask<GoPatterns>({ op: 'match', patterns: [pattern], paths: row.paths });
  const ours = row.paths.map((path) => orNull(() => compileGlob(pattern).matches(path)));
  return differenceOf(ours, reply.matches);
}

export async function compareIgnoreFile(oracle: Oracle, text: string): Promise<Difference | undefined> {
  const reply = await oracle.ask<GoPatterns>({ op: 'ignorefile', text });
  return differenceOf(readIgnoreFile(text), reply.patterns);
}

function walkTo(set: PatternSet, path: string): boolean {
  const folders = foldersOf(path);
  let state: FolderMatch | undefined;
  if (folders.at(-1) !== '/') for (const folder of folders) state = set.matchWithin(folder, state).state;
  return set.matchWithin(path, state).matches;
}

function orNull<T>(run: () => T): T | null {
  const result = orError(run);
  return result === 'error' ? null : result;
}

function orError<T>(run: () => T): T | 'error' {
  try {
    return run();
  } catch (error) {
    if (isFirekilnError(error, 'PATTERN_INVALID')) return 'error';
    throw error;
  }
}
