import { maxLineBytes } from '../limits.ts';

/** A physical line: `text` without `\n`, but with what stands before it, `\r` included. */
export interface PhysicalLine {
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
  /** Where it starts in the text. */
  readonly offset: number;
}

export interface LineReader {
  /** The next line; undefined at the end of the text or at a line that is too long. */
  next(): PhysicalLine | undefined;
  /** How many lines were read. */
  readonly count: number;
  /** The line that was read last; undefined before the first. */
  readonly last: PhysicalLine | undefined;
  /** True once a line was longer than {@link maxLineBytes}; reading stops there. */
  readonly stoppedAtLongLine: boolean;
}

export function readLines(text: string): LineReader {
  let at = 0;
  let last: PhysicalLine | undefined;
  let stoppedAtLongLine = false;
  return {
    next() {
      if (at >= text.length || stoppedAtLongLine) return undefined;
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      if (isTooLong(text, at, end)) {
        stoppedAtLongLine = true;
        return undefined;
      }
      last = { text: text.slice(at, end), number: (last?.number ?? 0) + 1, offset: at };
      at = end + 1;
      return last;
    },
    get last() {
      return last;
    },
    get count() {
      return last?.number ?? 0;
    },
    get stoppedAtLongLine() {
      return stoppedAtLongLine;
    },
  };
}

function isTooLong(text: string, start: number, end: number): boolean {
  const length = end - start;
  // A UTF-16 unit takes up to three bytes.
  if (length * 3 <= maxLineBytes) return false;
  return length > maxLineBytes || Buffer.byteLength(text.slice(start, end)) > maxLineBytes;
}

/** A line without the carriage returns at its end. */
export function withoutReturns(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end--;
  return end === line.length ? line : line.slice(0, end);
}
