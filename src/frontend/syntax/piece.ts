/** A token before its place in the file is looked up: `start` and `end` are offsets into the logical line. */
export interface Piece {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The part of a logical line that a parser of arguments looks at. */
export interface Span {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function sliceSpan(span: Span): string {
  return span.text.slice(span.start, span.end);
}

export function pieceOfSpan(span: Span): Piece {
  return { value: sliceSpan(span), start: span.start, end: span.end };
}
