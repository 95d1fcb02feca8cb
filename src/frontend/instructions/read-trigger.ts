import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseDockerfile } from '../syntax/parse-dockerfile.ts';
import type { SourceText } from '../syntax/tree.ts';
import type { Stage } from './dockerfile.ts';
import type { Instruction } from './instruction.ts';
import { placed } from './place.ts';
import { contextOf, readInstruction } from './read-instruction.ts';

/**
 * An instruction that the base of a stage left for its children with ONBUILD. Its place, and that of its errors, is the
 * FROM of the stage that runs it; a FROM among the triggers is refused.
 */
export function readTrigger(expression: string, { range, node }: Stage, source: SourceText): Instruction {
  const place = { range, node, trigger: expression };
  try {
    return { ...readAlone(expression), ...place };
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    const { code, message, hint } = error;
    throw placed(source, place, new FirekilnError(code, message, { hint }));
  }
}

function readAlone(text: string): Instruction {
  const tree = parseDockerfile({ file: 'ONBUILD', text });
  const [node, second] = tree.instructions;
  if (node === undefined || second !== undefined) {
    throw new FirekilnError('DOCKERFILE_INSTRUCTION', 'it is not one instruction');
  }
  return readInstruction(contextOf(node, tree.source));
}
