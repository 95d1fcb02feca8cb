import { trimSpace } from '../../base/white-space.ts';
import { goQuote, goQuoteList } from '../text/go-quote.ts';
import type { DockerfileTree, InstructionNode } from './tree.ts';

/** The tree in the notation of BuildKit's parser dump: one parenthesised line for each instruction. */
export function dumpTree(tree: DockerfileTree): string {
  return tree.instructions.map((node) => `(${dumpInstruction(node)})`).join('\n');
}

function dumpInstruction(node: InstructionNode): string {
  const flags = node.flags.length === 0 ? '' : ` ${goQuoteList(node.flags.map((flag) => flag.value))}`;
  const args = node.args.map((arg) => ` ${goQuote(arg.value)}`).join('');
  const trigger = node.trigger === undefined ? '' : ` (${dumpInstruction(node.trigger)})`;
  return trimSpace(`${node.name}${flags}${trigger}${args}`);
}
