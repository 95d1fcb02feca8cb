import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { trimSpace } from '../../base/white-space.ts';
import { cleanPath } from './clean-path.ts';
import { compileGlob } from './glob.ts';
import { readIgnorePattern } from './ignore-pattern.ts';
import { matchOneByOne } from './match-one-by-one.ts';
import { matchTogether } from './match-together.ts';
import { maxPatterns, maxPatternsLength, patternError } from './pattern-error.ts';
import type { CompiledPattern, IgnorePattern } from './strategy.ts';

/** Which patterns matched a folder, so that what is in it need not be matched against them: 1 for each that did. */
export interface FolderMatch {
  readonly byPattern: Uint8Array;
  readonly matches: boolean;
}

/**
 * Patterns of which the last one that matches decides, in the semantics of moby/patternmatcher. A pattern that matches a
 * folder matches all that is in it.
 */
export interface PatternSet {
  readonly patterns: readonly IgnorePattern[];
  readonly hasExceptions: boolean;
  /** Whether the path or one of its folders matches. Throws PATTERN_INVALID, or LIMIT_EXCEEDED for too much work. */
  matches(path: string): boolean;
  /** The same, with what the call for the path's folder gave; undefined for a path without a folder. */
  matchWithin(
    path: string,
    folder: FolderMatch | undefined,
  ): { readonly matches: boolean; readonly state: FolderMatch };
  /** {@link matchWithin} in the form of a path filter, for walks. */
  match(path: ByteString, state: unknown): { readonly matches: boolean; readonly state: unknown };
}

/** Throws PATTERN_INVALID, or LIMIT_EXCEEDED above {@link maxPatterns} and {@link maxPatternsLength}. */
export function compilePatternSet(texts: readonly string[]): PatternSet {
  if (texts.length > maxPatterns) {
    throw new FirekilnError('LIMIT_EXCEEDED', `there are more than ${maxPatterns} patterns`);
  }
  if (texts.reduce((sum, text) => sum + text.length, 0) > maxPatternsLength) {
    throw new FirekilnError('LIMIT_EXCEEDED', `the patterns have more than ${maxPatternsLength} characters together`);
  }
  const patterns = texts.flatMap(compileOne);
  const strategy = matchTogether(patterns) ?? matchOneByOne(patterns);
  const hasExceptions = patterns.some((pattern) => pattern.isException);
  const matchWithin: PatternSet['matchWithin'] = (path, folder) => {
    if (folder?.matches && !hasExceptions) return { matches: true, state: folder };
    const isMatch = strategy.look(path, folder !== undefined);
    const byPattern = new Uint8Array(patterns.length);
    let matches = false;
    for (let index = 0; index < patterns.length; index++) {
      const isException = patterns[index]?.isException === true;
      // Only an exception can undo a match, and only something else the lack of one. That a folder's match is not
      // noted where it changed nothing is part of the semantics.
      if (folder?.byPattern[index] !== 1 && (isException !== matches || !isMatch(index))) continue;
      byPattern[index] = 1;
      matches = !isException;
    }
    return { matches, state: { byPattern, matches } };
  };
  return {
    patterns,
    hasExceptions,
    matches: (path) => strategy.matches(path),
    matchWithin,
    match: (path, state) => matchWithin(textOf(path), state as FolderMatch | undefined),
  };
}

function compileOne(given: string): CompiledPattern[] {
  const trimmed = trimSpace(given);
  if (trimmed === '') return [];
  const cleaned = cleanPath(trimmed);
  const isException = cleaned.startsWith('!');
  const text = isException ? cleaned.slice(1) : cleaned;
  if (text === '') throw patternError(given, 'there is nothing behind the !');
  // Only whether this throws is of interest: moby/patternmatcher checks the syntax of a pattern in this way.
  compileGlob(text).matches('.');
  return [{ text, isException, form: readIgnorePattern(text) }];
}
