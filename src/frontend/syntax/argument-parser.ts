import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { Piece, Span } from './piece.ts';
import type { EscapeCharacter, SourceText } from './tree.ts';

export interface ArgumentContext {
  readonly escape: EscapeCharacter;
  /** The keyword in lower case. */
  readonly name: string;
  readonly source: SourceText;
  /** The lines that an error blames. */
  readonly blamed: SourceRange;
  rangeOf(start: number, end: number): SourceRange;
}

export interface ParsedArguments {
  readonly pieces: readonly Piece[];
  readonly json?: boolean;
}

/** Takes the arguments of one instruction apart; the span has neither flags nor white space at its ends. */
export type ArgumentParser = (span: Span, context: ArgumentContext) => ParsedArguments;
