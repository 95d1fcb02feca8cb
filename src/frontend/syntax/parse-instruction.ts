import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { findSeparator, skipSeparators, skipSpace, skipSpaceBack } from '../../base/white-space.ts';
import { maxTriggerDepth, maxWords } from '../limits.ts';
import { toLower } from '../text/letter-case.ts';
import { argumentForms } from './argument-forms.ts';
import type { ArgumentContext, ParsedArguments } from './argument-parser.ts';
import { fault } from './fault.ts';
import { takeLeadingFlags } from './leading-flags.ts';
import type { LogicalLine } from './logical-line.ts';
import type { Piece, Span } from './piece.ts';
import type { EscapeCharacter, InstructionNode, SourceText, Token } from './tree.ts';

export interface InstructionContext {
  readonly escape: EscapeCharacter;
  readonly source: SourceText;
  readonly blamed: SourceRange;
  readonly comments: readonly string[];
  /** Of {@link maxWords}. */
  readonly wordsLeft: number;
}

/** Takes one logical line apart: keyword, flags, arguments. Here-documents are added by the caller. */
export function parseInstruction(line: LogicalLine, context: InstructionContext): InstructionNode {
  return parseSpan(line, { text: line.text, start: 0, end: line.text.length }, context, 0);
}

function parseSpan(line: LogicalLine, whole: Span, context: InstructionContext, depth: number): InstructionNode {
  const { text } = line;
  const start = skipSpace(text, whole.start, whole.end);
  const end = skipSpaceBack(text, start, whole.end);
  const keyword = takeKeyword({ text, start, end });
  const argumentsAt = skipSeparators(text, keyword.end, end);
  const { flags, rest } = takeLeadingFlags({ text, start: argumentsAt, end }, context.escape);
  const span = { text, start: skipSpace(text, rest, end), end };
  const toToken = ({ value, start, end }: Piece): Token => ({ value, range: line.rangeOf(start, end) });
  const name = toLower(keyword.value);
  const args = parseArguments(name, span, {
    escape: context.escape,
    name,
    source: context.source,
    blamed: context.blamed,
    rangeOf: (start, end) => line.rangeOf(start, end),
  });
  if (flags.length + args.pieces.length > context.wordsLeft) {
    const message = `${context.source.file} has more than ${maxWords} words, three for each name=value`;
    throw fault('LIMIT_EXCEEDED', message, context.source, context.blamed);
  }
  return {
    name,
    keyword: toToken(keyword),
    flags: flags.map(toToken),
    args: args.pieces.map(toToken),
    json: args.json ?? false,
    trigger: name === 'onbuild' ? parseTrigger(line, span, context, depth) : undefined,
    heredocs: [],
    original: text.slice(whole.start, whole.end),
    comments: depth === 0 ? context.comments : [],
    range: line.rangeOf(start, end),
  };
}

function parseArguments(name: string, span: Span, context: ArgumentContext): ParsedArguments {
  if (name === 'onbuild') return { pieces: [] };
  const form = argumentForms.get(name);
  // An unknown instruction is refused later, with its name; here it has one empty argument.
  return form?.(span, context) ?? { pieces: [{ value: '', start: span.start, end: span.start }] };
}

function parseTrigger(
  line: LogicalLine,
  span: Span,
  context: InstructionContext,
  depth: number,
): InstructionNode | undefined {
  if (span.start >= span.end) return undefined;
  if (depth >= maxTriggerDepth) {
    throw fault('DOCKERFILE_SYNTAX', 'ONBUILD within ONBUILD is not allowed', context.source, context.blamed);
  }
  return parseSpan(line, span, context, depth + 1);
}

function takeKeyword({ text, start, end }: Span): Piece {
  const at = findSeparator(text, start, end);
  return { value: text.slice(start, at), start, end: at };
}
