import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseDockerfile } from '../syntax/parse-dockerfile.ts';
import type { SourceText } from '../syntax/tree.ts';
import type { Stage } from './dockerfile.ts';
import type { Instruction } from './instruction.ts';
import { contextOf, readInstruction } from './read-instruction.ts';

/**
 * An instruction that the base of a stage left for its children with ONBUILD. Its place, and that of its errors, is the
 * FROM of the stage that runs it; a FROM among the triggers is refused.
 */
export function readTrigger(expression: string, stage: Stage, source: SourceText): Instruction {
  try {
    const { instructions } = parseDockerfile({ file: 'ONBUILD', text: expression });
    const [node, second] = instructions;
    if (node === undefined || second !== undefined) {
      throw new FirekilnError('DOCKERFILE_INSTRUCTION', 'the base has an ONBUILD that is not one instruction');
    }
    return readInstruction(contextOf({ ...node, range: stage.range }, source));
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    throw new FirekilnError(error.code, `ONBUILD ${expression.slice(0, 200)}: ${error.message}`, {
      hint: error.hint,
      source: { file: source.file, text: source.text, ranges: [stage.range] },
    });
  }
}
