import type { SourceRange } from '../../base/errors/source-excerpt.ts';

/** One instruction as one line: physical lines joined, with the way back from an offset to line and column. */
export class LogicalLine {
  #text = '';
  /** By part: where it starts in the text, and its physical line. Numbers alone, since a hostile file has millions of parts. */
  readonly #offsets: number[] = [];
  readonly #lines: number[] = [];
  readonly #firstColumn: number;

  /** `column` is where the first part starts in its physical line, counted from 1; all others start at 1. */
  constructor(column: number) {
    this.#firstColumn = column;
  }

  get text(): string {
    return this.#text;
  }

  /** Appends a part of a physical line. */
  add(text: string, line: number): void {
    // Nothing stands in an empty one.
    if (text === '' && this.#offsets.length > 0) return;
    this.#offsets.push(this.#text.length);
    this.#lines.push(line);
    this.#text += text;
  }

  /** The place of the characters from `start` up to, not including, `end`. */
  rangeOf(start: number, end: number): SourceRange {
    const first = this.#placeOf(start);
    const last = this.#placeOf(Math.max(start, end - 1));
    return { startLine: first.line, startColumn: first.column, endLine: last.line, endColumn: last.column };
  }

  /** In the last part that starts at or before the offset. */
  #placeOf(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const line = this.#lines[low];
    if (line === undefined) throw new Error('a logical line without parts');
    return { line, column: (low === 0 ? this.#firstColumn : 1) + offset - (this.#offsets[low] ?? 0) };
  }
}
