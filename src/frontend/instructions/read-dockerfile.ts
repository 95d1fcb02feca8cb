import type { DockerfileTree, InstructionNode } from '../syntax/tree.ts';
import type { Dockerfile, Stage } from './dockerfile.ts';
import type { ArgInstruction, Instruction } from './instruction.ts';
import { instructionFault, type ReadContext } from './instruction-fault.ts';
import { readFrom } from './read-from.ts';
import { contextOf, readInstruction } from './read-instruction.ts';

/** Is told of every instruction before it is read, so that what it says comes before an error. */
export type NodeVisitor = (node: InstructionNode) => void;

/**
 * Gives every instruction of a parsed Dockerfile its meaning and sorts them into stages. Throws DOCKERFILE_INSTRUCTION
 * at the first one that is wrong. There may be no stage; whether that is an error is for the caller.
 */
export function readDockerfile(tree: DockerfileTree, visit: NodeVisitor = () => {}): Dockerfile {
  const metaArgs: ArgInstruction[] = [];
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const node of tree.instructions) {
    visit(node);
    const context = contextOf(node, tree.source);
    if (node.name === 'from') {
      stages.push({ ...readFrom(context, stages.length), instructions: [] });
      continue;
    }
    const instruction = readInstruction(context);
    const stage = stages.at(-1);
    if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') metaArgs.push(instruction);
    else throw beforeFrom(context);
  }
  return { tree, metaArgs, stages };
}

function beforeFrom(context: ReadContext): Error {
  return instructionFault(context, `${context.name} stands before the first FROM; only ARG may`, context.node.keyword);
}
