import type { SourceRange } from '../../base/errors/source-excerpt.ts';

interface Segment {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** One instruction as one line: physical lines joined, with the way back from an offset to line and column. */
export class LogicalLine {
  #text = '';
  readonly #segments: Segment[] = [];

  get text(): string {
    return this.#text;
  }

  /** Appends a part of a physical line that starts at `column`, counted from 1. */
  add(text: string, line: number, column: number): void {
    this.#segments.push({ offset: this.#text.length, line, column });
    this.#text += text;
  }

  /** The place of the characters from `start` up to, not including, `end`. */
  rangeOf(start: number, end: number): SourceRange {
    const first = segmentAt(this.#segments, start);
    const lastOffset = Math.max(start, end - 1);
    const last = segmentAt(this.#segments, lastOffset);
    return {
      startLine: first.line,
      startColumn: first.column + start - first.offset,
      endLine: last.line,
      endColumn: last.column + lastOffset - last.offset,
    };
  }
}

/** The last segment that starts at or before the offset; empty segments before it at the same offset don't count. */
function segmentAt(segments: readonly Segment[], offset: number): Segment {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.offset ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return segments[low] ?? noSegment();
}

function noSegment(): never {
  throw new Error('a logical line without segments');
}
