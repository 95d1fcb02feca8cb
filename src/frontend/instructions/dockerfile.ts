import type { DockerfileTree } from '../syntax/tree.ts';
import type { ArgInstruction, Instruction, InstructionHead } from './instruction.ts';

/** A Dockerfile with its meaning: what the planner and the checks work on. */
export interface Dockerfile {
  readonly tree: DockerfileTree;
  /** The ARG instructions before the first FROM. */
  readonly metaArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}

/** A FROM with what follows it; `text`, `range` and the like are those of the FROM. */
export interface Stage extends InstructionHead {
  /** From 0. */
  readonly index: number;
  /** In lower case; undefined without `AS`. */
  readonly name: string | undefined;
  /** What stands behind FROM, before expansion. */
  readonly base: string;
  /** Of `--platform`, before expansion. */
  readonly platform: string | undefined;
  /** From a comment above of the form `# name text`. */
  readonly description: string | undefined;
  readonly instructions: readonly Instruction[];
}
