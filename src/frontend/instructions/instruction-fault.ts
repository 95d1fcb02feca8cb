import type { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { type FaultOptions, fault } from '../syntax/fault.ts';
import type { InstructionNode, SourceText, Token } from '../syntax/tree.ts';
import { narrowRange } from '../syntax/words-at-fault.ts';

/** The instruction that is being given its meaning. */
export interface ReadContext {
  readonly node: InstructionNode;
  /** The keyword in upper case, for messages. */
  readonly name: string;
  readonly source: SourceText;
  /** The lines that errors blame. */
  readonly blamed: SourceRange;
}

interface InstructionFaultOptions extends FaultOptions {
  /** The part of the word, see {@link narrowRange}. */
  readonly part?: readonly string[] | undefined;
}

/** An error that blames the instruction and points to one word of it. */
export function instructionFault(
  context: ReadContext,
  message: string,
  at?: Token,
  { part = [], ...options }: InstructionFaultOptions = {},
): FirekilnError {
  const focus = narrowRange(context.source.text, at?.range ?? context.node.keyword.range, part);
  return fault('DOCKERFILE_INSTRUCTION', message, context.source, context.blamed, { focus, ...options });
}
