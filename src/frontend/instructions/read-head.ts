import { trimSpace } from '../../base/white-space.ts';
import type { InstructionHead } from './instruction.ts';
import type { ReadContext } from './instruction-fault.ts';

export function readHead({ node, blamed }: ReadContext): InstructionHead {
  return {
    keyword: node.keyword.value,
    text: trimSpace(node.original),
    range: blamed,
    comments: node.comments,
    node,
  };
}

/** What a comment `# name text` above an instruction says of the name. */
export function descriptionOf(name: string, comments: readonly string[]): string | undefined {
  if (name === '') return undefined;
  const line = comments.find((comment) => comment.startsWith(`${name} `));
  return line?.slice(name.length + 1) || undefined;
}
