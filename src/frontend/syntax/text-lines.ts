import type { SourceRange } from '../../base/errors/source-excerpt.ts';

/** A text with the way from lines and columns to offsets and back. */
export class TextLines {
  readonly #text: string;
  /** The offset at which each line starts. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  /** Where `word` stands in a range, rather by itself than as part of a longer word: `id` in `uid=1,id=a` is the second. */
  find(word: string, { startLine, startColumn = 1, endLine, endColumn }: SourceRange): SourceRange | undefined {
    if (word === '') return undefined;
    const start = this.#offsetOf(startLine, startColumn);
    const end = endColumn === undefined ? this.#offsetOf(endLine + 1, 1) : this.#offsetOf(endLine, endColumn) + 1;
    const at = indexOfWord(this.#text.slice(start, end), word);
    if (at < 0) return undefined;
    const first = this.#placeOf(start + at);
    const last = this.#placeOf(start + at + word.length - 1);
    return { startLine: first.line, startColumn: first.column, endLine: last.line, endColumn: last.column };
  }

  #offsetOf(line: number, column: number): number {
    return (this.#starts[line - 1] ?? this.#text.length) + column - 1;
  }

  #placeOf(offset: number): { line: number; column: number } {
    const line = this.#starts.findLastIndex((start) => start <= offset) + 1;
    return { line, column: offset - (this.#starts[line - 1] ?? 0) + 1 };
  }
}

function indexOfWord(text: string, word: string): number {
  let at = text.indexOf(word);
  for (; at >= 0; at = text.indexOf(word, at + 1)) {
    const joinsBefore = /\w/.test(text.charAt(at - 1)) && /^\w/.test(word);
    const joinsAfter = /\w/.test(text.charAt(at + word.length)) && /\w$/.test(word);
    if (!joinsBefore && !joinsAfter) return at;
  }
  return text.indexOf(word);
}
