import type { Token } from '../syntax/tree.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';

/** The only argument; throws if there is none, or several. */
export function onlyArgument(context: ReadContext, what: string): string {
  const [first, second] = context.node.args;
  if (first === undefined) throw instructionFault(context, `${context.name} has no argument; expected ${what}`);
  if (second !== undefined) throw instructionFault(context, `${context.name} takes one argument: ${what}`, second);
  return first.value;
}

/** The arguments; throws if there are none. */
export function someArguments(context: ReadContext, what: string): readonly Token[] {
  const { args } = context.node;
  if (args.length === 0) throw instructionFault(context, `${context.name} has no arguments; expected ${what}`);
  return args;
}
