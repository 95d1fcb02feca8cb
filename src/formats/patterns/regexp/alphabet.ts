import type { CodeRange } from './code-set.ts';

/** Characters that no part of an automaton tells apart are one letter. */
export interface Alphabet {
  readonly size: number;
  /** The letters of the first 128 characters. */
  readonly ascii: Uint16Array;
  letterOf(code: number): number;
  /** Some character that the letter stands for. */
  sampleOf(letter: number): number;
}

export function alphabetOf(ranges: readonly CodeRange[]): Alphabet {
  const starts = [...new Set([0, ...ranges.flatMap(({ low, high }) => [low, high + 1])])].sort((a, b) => a - b);
  const ascii = Uint16Array.from({ length: 128 }, (_, code) => search(starts, code));
  return {
    size: starts.length,
    ascii,
    letterOf: (code) => (code < 128 ? (ascii[code] ?? 0) : search(starts, code)),
    sampleOf: (letter) => starts[letter] ?? 0,
  };
}

/** The index of the last start that is not above the code. */
function search(starts: readonly number[], code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}
