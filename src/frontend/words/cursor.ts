/** Walks over a text by code points. A byte order mark at the very start is passed over, as BuildKit's lexer does. */
export class Cursor {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  /** In the text, in UTF-16 units. */
  get offset(): number {
    return this.#at;
  }

  /** The next character; empty at the end. */
  peek(): string {
    if (this.#at >= this.#text.length) return '';
    // Almost all is ASCII, where a character is one unit.
    if (this.#text.charCodeAt(this.#at) < 0xd800) return this.#text.charAt(this.#at);
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  /** Takes the next character; empty at the end. */
  next(): string {
    const char = this.peek();
    this.#at += char.length;
    return char;
  }

  /** Takes all that matches; the expression must be sticky. May be empty. */
  takeRun(run: RegExp): string {
    run.lastIndex = this.#at;
    if (!run.test(this.#text)) return '';
    const taken = this.#text.slice(this.#at, run.lastIndex);
    this.#at = run.lastIndex;
    return taken;
  }
}
