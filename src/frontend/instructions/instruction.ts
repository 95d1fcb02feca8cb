import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { Healthcheck } from '../../formats/oci/image.ts';
import type { InstructionNode } from '../syntax/tree.ts';
import type { Device } from './device.ts';
import type { Mount, MountFlag } from './mount.ts';

/** One instruction with its meaning; words are as written, before variables are expanded. */
export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CommandInstruction
  | CopyInstruction
  | ExposeInstruction
  | HealthcheckInstruction
  | MaintainerInstruction
  | NameValueInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction;

export type InstructionKind = Instruction['kind'];

/** What every instruction, FROM included, has. */
export interface InstructionHead {
  /** As written: `RUN`, `run`. */
  readonly keyword: string;
  /** The whole as one line, here-documents left out: what build steps are named by. */
  readonly text: string;
  /** The lines that errors and warnings blame. */
  readonly range: SourceRange;
  /** The comments above it, without `#`. */
  readonly comments: readonly string[];
  /** The words with their places. */
  readonly node: InstructionNode;
  /** Of an instruction that the base of a stage left with ONBUILD: its text. `range` and `node` are those of the FROM. */
  readonly trigger?: string | undefined;
}

export interface NameValue {
  readonly name: string;
  readonly value: string;
  /** False in the old form with a blank instead of `=`. */
  readonly hasEquals: boolean;
}

/** ENV and LABEL. */
export interface NameValueInstruction extends InstructionHead {
  readonly kind: 'env' | 'label';
  readonly pairs: readonly NameValue[];
}

export interface ArgDefinition {
  readonly name: string;
  /** Undefined for `ARG name`. */
  readonly value: string | undefined;
  /** From a comment above of the form `# name text`. */
  readonly description: string | undefined;
}

export interface ArgInstruction extends InstructionHead {
  readonly kind: 'arg';
  readonly args: readonly ArgDefinition[];
}

/** A here-document as a file. */
export interface InlineSource {
  readonly name: string;
  readonly data: string;
  /** Variables in the data are expanded. */
  readonly expand: boolean;
}

interface CopySources {
  readonly sources: readonly string[];
  readonly inlineSources: readonly InlineSource[];
  readonly destination: string;
  /** `user[:group]`; undefined if not given, as are the others. */
  readonly chown: string | undefined;
  readonly chmod: string | undefined;
  readonly link: boolean;
  /** Patterns; they are not expanded. */
  readonly exclude: readonly string[];
}

export interface AddInstruction extends InstructionHead, CopySources {
  readonly kind: 'add';
  readonly checksum: string | undefined;
  readonly keepGitDir: boolean | undefined;
  readonly unpack: boolean | undefined;
}

export interface CopyInstruction extends InstructionHead, CopySources {
  readonly kind: 'copy';
  /** A stage, its number, an image or a named context. */
  readonly from: string | undefined;
  readonly parents: boolean;
}

export interface CommandLine {
  /** The words of the JSON form; the one text, or nothing, of the shell form. */
  readonly words: readonly string[];
  /** The shell form, to be handed to the shell of the stage. */
  readonly isShellForm: boolean;
}

/** CMD and ENTRYPOINT. */
export interface CommandInstruction extends InstructionHead {
  readonly kind: 'cmd' | 'entrypoint';
  readonly command: CommandLine;
}

export interface InlineFile {
  readonly name: string;
  /** As in the Dockerfile, leading tabs included. */
  readonly data: string;
  readonly chomp: boolean;
}

export interface RunInstruction extends InstructionHead {
  readonly kind: 'run';
  readonly command: CommandLine;
  readonly files: readonly InlineFile[];
  /** As written; known in full only once expanded, but for `from`, which may not have variables. */
  readonly mountFlags: readonly MountFlag[];
  /** Empty until the instruction is expanded. */
  readonly mounts: readonly Mount[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
  readonly devices: readonly Device[];
}

export interface HealthcheckInstruction extends InstructionHead {
  readonly kind: 'healthcheck';
  readonly healthcheck: Healthcheck & { readonly Test: readonly string[] };
}

export interface ExposeInstruction extends InstructionHead {
  readonly kind: 'expose';
  /** Sorted, each as written. */
  readonly ports: readonly string[];
}

export interface VolumeInstruction extends InstructionHead {
  readonly kind: 'volume';
  readonly paths: readonly string[];
}

export interface ShellInstruction extends InstructionHead {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}

export interface OnbuildInstruction extends InstructionHead {
  readonly kind: 'onbuild';
  /** The instruction for later builds, here-documents included. */
  readonly expression: string;
}

export interface MaintainerInstruction extends InstructionHead {
  readonly kind: 'maintainer';
  readonly maintainer: string;
}

export interface StopsignalInstruction extends InstructionHead {
  readonly kind: 'stopsignal';
  readonly signal: string;
}

export interface UserInstruction extends InstructionHead {
  readonly kind: 'user';
  readonly user: string;
}

export interface WorkdirInstruction extends InstructionHead {
  readonly kind: 'workdir';
  readonly path: string;
}
