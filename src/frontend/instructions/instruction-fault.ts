import type { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { type FaultOptions, fault } from '../syntax/fault.ts';
import type { InstructionNode, SourceText, Token } from '../syntax/tree.ts';

/** The instruction that is being given its meaning. */
export interface ReadContext {
  readonly node: InstructionNode;
  /** The keyword in upper case, for messages. */
  readonly name: string;
  readonly source: SourceText;
  /** The lines that errors blame. */
  readonly blamed: SourceRange;
}

/** An error that blames the instruction and points to one word of it. */
export function instructionFault(
  context: ReadContext,
  message: string,
  at?: Token,
  options: FaultOptions = {},
): FirekilnError {
  const focus = at?.range ?? context.node.keyword.range;
  return fault('DOCKERFILE_INSTRUCTION', message, context.source, context.blamed, { focus, ...options });
}
