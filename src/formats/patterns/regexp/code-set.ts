/** A set of code points: sorted ranges that neither overlap nor touch. */
export type CodeSet = readonly CodeRange[];

export interface CodeRange {
  readonly low: number;
  readonly high: number;
}

export const maxCodePoint = 0x10ffff;

export function codeSet(ranges: readonly CodeRange[]): CodeSet {
  const sorted = [...ranges].sort((a, b) => a.low - b.low);
  const merged: { low: number; high: number }[] = [];
  for (const { low, high } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last.high + 1) last.high = Math.max(last.high, high);
    else merged.push({ low, high });
  }
  return merged;
}

export function complement(set: CodeSet): CodeSet {
  const ranges: CodeRange[] = [];
  let next = 0;
  for (const { low, high } of set) {
    if (low > next) ranges.push({ low: next, high: low - 1 });
    next = high + 1;
  }
  if (next <= maxCodePoint) ranges.push({ low: next, high: maxCodePoint });
  return ranges;
}

export function contains(set: CodeSet, code: number): boolean {
  return set.some(({ low, high }) => low <= code && code <= high);
}

/** Of characters, `-` between two of them meaning a range: `codes('0-9_')`. */
export function codes(spec: string): CodeSet {
  const ranges: CodeRange[] = [];
  for (const [, first = '', last = first] of spec.matchAll(/(.)(?:-(.))?/gsu)) {
    ranges.push({ low: first.codePointAt(0) ?? 0, high: last.codePointAt(0) ?? 0 });
  }
  return codeSet(ranges);
}
