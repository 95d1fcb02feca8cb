import { findSeparator, skipSeparators } from '../../base/white-space.ts';
import type { Piece, Span } from './piece.ts';

/**
 * Splits at runs of separators, at most into `limit` pieces; the last then holds the rest. Like a regular expression's
 * split, an empty piece stands before a separator at the start and after one at the end.
 */
export function splitAtSeparators({ text, start, end }: Span, limit = Number.POSITIVE_INFINITY): Piece[] {
  const pieces: Piece[] = [];
  let from = start;
  while (pieces.length + 1 < limit) {
    const at = findSeparator(text, from, end);
    if (at >= end) break;
    pieces.push({ value: text.slice(from, at), start: from, end: at });
    from = skipSeparators(text, at, end);
  }
  pieces.push({ value: text.slice(from, end), start: from, end });
  return pieces;
}
