import { type FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { InstructionNode, SourceText } from '../syntax/tree.ts';
import { rangeOfWords } from '../syntax/words-at-fault.ts';

/** What errors of an instruction, or of something that it names, blame. */
export interface Place {
  /** The lines. */
  readonly range: SourceRange;
  readonly node: InstructionNode;
  /** What is named there, where an error does not say what it is about. */
  readonly about?: readonly string[] | undefined;
  /** The text of an instruction that a base left with ONBUILD; it has no line here, so the FROM is blamed for it. */
  readonly trigger?: string | undefined;
}

/** Runs `work`; an error of ours without a place is given this one. */
export function blaming<T>(source: SourceText, place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw placed(source, place, error);
  }
}

/** The error with a place, unless it has one or is none of ours. */
export function placed(source: SourceText, place: Place, error: FirekilnError): FirekilnError;
export function placed(source: SourceText, place: Place, error: unknown): unknown;
export function placed(source: SourceText, place: Place, error: unknown): unknown {
  if (!isFirekilnError(error) || error.source !== undefined) return error;
  const { file, text } = source;
  const focus = focusOf(text, place, error.about);
  return fromTrigger(error, place).withSource({ file, text, ranges: [place.range], focus });
}

function focusOf(text: string, { node, about = [], trigger }: Place, words: readonly string[]): SourceRange {
  const { keyword, args } = node;
  const found =
    trigger === undefined ? (rangeOfWords(text, node, words) ?? rangeOfWords(text, node, about)) : undefined;
  return found ?? (node.name === 'from' ? args[0] : undefined)?.range ?? keyword.range;
}

function fromTrigger(error: FirekilnError, { trigger }: Place): FirekilnError {
  if (trigger === undefined) return error;
  return error.with({ message: `ONBUILD ${trigger.slice(0, 200)}, left by the base: ${error.message}` });
}
