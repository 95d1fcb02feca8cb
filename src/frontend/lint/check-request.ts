import type { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Platform } from '../../formats/oci/image.ts';
import type { Dockerfile, Stage } from '../instructions/dockerfile.ts';
import type { DockerfileTree } from '../syntax/tree.ts';
import type { CheckWarning } from './linter.ts';
import type { UnknownRule } from './unknown-rules.ts';

/** What checks look at beside the Dockerfile. */
export interface CheckRequest {
  readonly tree: DockerfileTree;
  /** The same with its meaning, if that is known already. */
  readonly dockerfile?: Dockerfile | undefined;
  /** The stage to build; the last one if there is none. */
  readonly target?: string | undefined;
  /** Look into stages that the target does not need too; the default where no target is given. */
  readonly allStages?: boolean | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** The arguments that exist without ARG: `TARGETPLATFORM` and its like. */
  readonly predefinedArgs: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** Of the `.dockerignore` that applies; undefined if there is none. */
  readonly ignorePatterns?: readonly string[] | undefined;
  /** True if a named context takes the place of the stage or image. */
  readonly isNamedContext?: ((name: string) => boolean) | undefined;
  /**
   * What is known of the image that a stage starts from; undefined if it is not known. Checks that need it are then
   * left out rather than guessed.
   */
  readonly baseOf?: ((stage: Stage, reference: string) => BaseFacts | undefined) | undefined;
}

/** Facts of the config of a base image. */
export interface BaseFacts {
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly shell?: readonly string[] | undefined;
  readonly onBuild?: readonly string[] | undefined;
  readonly platform: Platform;
}

export interface CheckResult {
  readonly warnings: readonly CheckWarning[];
  readonly unknownRules: readonly UnknownRule[];
  /** What stopped the checks, or that they failed (`error=true`). */
  readonly error: FirekilnError | undefined;
}
