import { isSpace, skipSpace } from '../../base/white-space.ts';
import type { Piece, Span } from './piece.ts';
import type { EscapeCharacter } from './tree.ts';

/**
 * Splits at white space outside of quotes, for `name=value` lists. Quotes and escapes stay in the words, since expansion
 * looks at them later; only an escape character at the very end is dropped. Within single quotes nothing is escaped.
 */
export function splitQuotedWords({ text, start, end }: Span, escapeSign: EscapeCharacter): Piece[] {
  const words: Piece[] = [];
  let at = skipSpace(text, start, end);
  while (at < end) {
    const word = readWord({ text, start: at, end }, escapeSign);
    if (word.value !== '') words.push(word);
    at = skipSpace(text, word.end, end);
  }
  return words;
}

/** Characters that mean nothing here. */
const plainRun = /[^\\`'"\s\u0085]+/y;

function readWord({ text, start, end }: Span, escapeSign: EscapeCharacter): Piece {
  let value = '';
  let quote = '';
  let at = start;
  for (; at < end; at++) {
    plainRun.lastIndex = at;
    if (plainRun.test(text)) {
      const runEnd = Math.min(plainRun.lastIndex, end);
      value += text.slice(at, runEnd);
      at = runEnd;
      if (at >= end) break;
    }
    const char = text.charAt(at);
    if (quote === '' && isSpace(text.charCodeAt(at))) break;
    if (quote === '' && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = '';
    if (char === escapeSign && quote !== "'") {
      if (at + 1 === end) {
        quote = '';
        continue;
      }
      value += char;
      at++;
    }
    value += text.charAt(at);
  }
  return { value, start, end: at };
}
