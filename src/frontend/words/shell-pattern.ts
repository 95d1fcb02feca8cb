import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxPatternSteps } from '../limits.ts';
import { Cursor } from './cursor.ts';
import { expansionError } from './expansion-error.ts';

/** A character that stands for itself, or a wildcard. Neither wildcard takes a newline. */
type PatternItem = { readonly literal: string } | 'any' | 'star';

export type ShellPattern = readonly PatternItem[];

/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and a backslash before one of `* ? \ } /`. Bracket
 * expressions are not known, brackets stand for themselves.
 */
export function parseShellPattern(text: string): ShellPattern {
  const items: PatternItem[] = [];
  const cursor = new Cursor(text);
  for (let char = cursor.next(); char !== ''; char = cursor.next()) {
    if (char === '*') items.push('star');
    else if (char === '?') items.push('any');
    else if (char !== '\\') items.push({ literal: char });
    else if (cursor.peek() !== '}' && cursor.peek() !== '/') items.push({ literal: escaped(cursor.next(), text) });
  }
  return items;
}

function escaped(char: string, pattern: string): string {
  if (char === '*' || char === '?' || char === '\\') return char;
  throw expansionError(
    `the pattern ${JSON.stringify(pattern)} of a substitution has ${JSON.stringify(`\\${char}`)}; ` +
      'expected one of * ? \\ } / after the backslash',
  );
}

export interface PatternMatch {
  /** Indexes into the characters. */
  readonly start: number;
  readonly end: number;
}

export interface PatternSearch {
  readonly from: number;
  /** The match must start at `from`. */
  readonly anchored: boolean;
  /** The shortest match instead of the longest; only with `anchored`. */
  readonly shortest?: boolean;
  readonly count: StepCounter;
}

/** Told of the work of a search as it goes on; throws LIMIT_EXCEEDED when it is too much. */
export type StepCounter = (steps: number) => void;

/**
 * The leftmost match and of those the longest (or shortest). All ways to match advance together, so the time is at
 * most the product of both lengths, whatever the pattern.
 */
export function searchPattern(
  pattern: ShellPattern,
  chars: readonly string[],
  { from, anchored, shortest = false, count }: PatternSearch,
): PatternMatch | undefined {
  const accept = pattern.length;
  // For each item that could come next: the smallest start of a partial match, or -1.
  let starts = new Int32Array(accept + 1).fill(-1);
  let next = new Int32Array(accept + 1);
  let best: PatternMatch | undefined;
  let steps = 0;
  for (let at = from; at <= chars.length; at++) {
    steps += accept + 1;
    if (steps > maxPatternSteps) throw tooManySteps();
    count(accept + 1);
    if (best === undefined && (!anchored || at === from) && starts[0] === -1) starts[0] = at;
    passOverStars(pattern, starts);
    const start = starts[accept] ?? -1;
    if (start >= 0 && (best === undefined || start <= best.start)) {
      best = { start, end: at };
      if (shortest) return best;
    }
    const char = chars[at];
    if (char === undefined) break;
    next.fill(-1);
    if (!step(pattern, char, starts, next, best?.start) && (anchored || best !== undefined)) break;
    [starts, next] = [next, starts];
  }
  return best;
}

function passOverStars(pattern: ShellPattern, starts: Int32Array): void {
  for (let index = 0; index < pattern.length; index++) {
    const start = starts[index] ?? -1;
    if (start < 0 || pattern[index] !== 'star') continue;
    const after = starts[index + 1] ?? -1;
    if (after < 0 || start < after) starts[index + 1] = start;
  }
}

/** Takes one character; partial matches that start after the best known one are dropped. False if none is left. */
function step(
  pattern: ShellPattern,
  char: string,
  starts: Int32Array,
  next: Int32Array,
  limit = Number.POSITIVE_INFINITY,
): boolean {
  let alive = false;
  for (let index = 0; index < pattern.length; index++) {
    const item = pattern[index];
    const start = starts[index] ?? -1;
    if (item === undefined || start < 0 || start > limit) continue;
    const isTaken = typeof item === 'object' ? item.literal === char : char !== '\n';
    if (!isTaken) continue;
    const target = item === 'star' ? index : index + 1;
    const known = next[target] ?? -1;
    if (known < 0 || start < known) next[target] = start;
    alive = true;
  }
  return alive;
}

function tooManySteps(): FirekilnError {
  return new FirekilnError(
    'LIMIT_EXCEEDED',
    `a pattern in a substitution needs more than ${maxPatternSteps} steps to match`,
    { hint: 'Do this in a RUN instruction instead.' },
  );
}
