import type { Instruction } from '../instructions/instruction.ts';
import type { Place } from '../instructions/place.ts';

/** Where an instruction names a stage or image that it takes files from; `at` counts the mounts of RUN. */
export function placeOfSource(instruction: Instruction, at: number): Place {
  const { range, node, trigger } = instruction;
  return { range, node, trigger, about: wordsOf(instruction, at) };
}

function wordsOf(instruction: Instruction, at: number): readonly string[] {
  if (instruction.kind === 'copy') return ['--from', instruction.from ?? ''];
  const mount = instruction.kind === 'run' ? instruction.mountFlags[at] : undefined;
  return mount === undefined ? [] : [mount.token.value, `from=${mount.from ?? ''}`];
}
