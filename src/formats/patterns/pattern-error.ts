import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** A pattern that is longer is refused: no path of a host is. */
const maxPatternLength = 4096;

/** The most patterns that are matched together. */
export const maxPatterns = 10_000;

/** The most characters of patterns that are matched together: each is up to two states of an automaton. */
export const maxPatternsLength = 1024 * 1024;

/** Members of sets of states that matching may work out in all: ten seconds. */
export const maxMatchWork = 100_000_000;

export function patternError(pattern: string, why: string): FirekilnError {
  const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}...` : pattern;
  return new FirekilnError('PATTERN_INVALID', `the pattern ${JSON.stringify(shown)} is wrong: ${why}`, {
    about: [pattern],
    hint: 'To mean one of the characters * ? [ \\ itself, write a backslash before it.',
  });
}

export function checkPatternLength(pattern: string): void {
  if (pattern.length > maxPatternLength)
    throw patternError(pattern, `it is longer than ${maxPatternLength} characters`);
}
