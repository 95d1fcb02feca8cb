import { isSeparator } from '../../base/white-space.ts';
import type { Piece, Span } from './piece.ts';

/**
 * Splits at runs of separators, at most into `limit` pieces; the last then holds the rest. Like a regular expression's
 * split, an empty piece stands before a separator at the start and after one at the end.
 */
export function splitAtSeparators({ text, start, end }: Span, limit = Number.POSITIVE_INFINITY): Piece[] {
  const pieces: Piece[] = [];
  let from = start;
  let at = start;
  while (at < end && pieces.length + 1 < limit) {
    if (!isSeparator(text.charCodeAt(at))) {
      at++;
      continue;
    }
    pieces.push({ value: text.slice(from, at), start: from, end: at });
    while (at < end && isSeparator(text.charCodeAt(at))) at++;
    from = at;
  }
  pieces.push({ value: text.slice(from, end), start: from, end });
  return pieces;
}
