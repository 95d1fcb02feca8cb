/** Walks over a text by code points. A byte order mark at the very start is passed over, as BuildKit's lexer does. */
export interface Cursor {
  /** The next character; empty at the end. */
  peek(): string;
  /** Takes the next character; empty at the end. */
  next(): string;
  /** Takes all that matches; the expression must be sticky. May be empty. */
  takeRun(run: RegExp): string;
}

export function createCursor(text: string): Cursor {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const peek = (): string => {
    const code = text.charCodeAt(at);
    // Almost all is ASCII, where a character is one unit.
    if (!(code >= 0xd800)) return text.charAt(at);
    return String.fromCodePoint(text.codePointAt(at) ?? 0);
  };
  return {
    peek,
    next() {
      const char = peek();
      at += char.length;
      return char;
    },
    takeRun(run) {
      run.lastIndex = at;
      if (!run.test(text)) return '';
      const taken = text.slice(at, run.lastIndex);
      at = run.lastIndex;
      return taken;
    },
  };
}
