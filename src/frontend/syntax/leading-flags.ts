import { isSpace, skipSpace } from '../../base/white-space.ts';
import type { Piece, Span } from './piece.ts';
import type { EscapeCharacter } from './tree.ts';

export interface LeadingFlags {
  readonly flags: readonly Piece[];
  /** Where the arguments start. */
  readonly rest: number;
}

/**
 * Takes the words that start with `--` off the front. Quotes are removed and keep blanks together, the escape character
 * takes the next one literally (in either kind of quotes), a quote that is not closed runs to the end of the line, and
 * a word `--` ends the flags.
 */
export function takeLeadingFlags(span: Span, escapeSign: EscapeCharacter): LeadingFlags {
  const { text, end } = span;
  const flags: Piece[] = [];
  let at = span.start;
  for (;;) {
    at = skipSpace(text, at, end);
    if (at >= end) return { flags, rest: end };
    if (!text.startsWith('--', at) || at + 2 > end) return { flags, rest: at };
    const word = readWord({ text, start: at, end }, escapeSign);
    at = word.end;
    if (word.value === '--') return { flags, rest: at };
    flags.push(word);
  }
}

function readWord({ text, start, end }: Span, escapeSign: EscapeCharacter): Piece {
  let value = '';
  let quote = '';
  let at = start;
  for (; at < end; at++) {
    let char = text.charAt(at);
    if (quote === '' && isSpace(text.charCodeAt(at))) break;
    if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      continue;
    }
    if (char === quote) {
      quote = '';
      continue;
    }
    if (char === escapeSign) {
      if (at + 1 === end) {
        quote = '';
        continue;
      }
      char = text.charAt(++at);
    }
    value += char;
  }
  return { value, start, end: at };
}
