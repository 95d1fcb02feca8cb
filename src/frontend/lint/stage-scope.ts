import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { type Variables, variablesFrom } from '../words/variables.ts';

/** What a stage knows at an instruction, as far as checks care. */
export interface StageScope {
  /** The environment of its steps, values of ARG included. */
  readonly env: Map<string, string>;
  /** Those of `env`. */
  readonly variables: Variables;
  /** The environment of its image: without the values of ARG. */
  readonly imageEnv: Map<string, string>;
  /** Declared with ARG, with a value or without. */
  readonly declared: Set<string>;
  /** The config of the image it starts from is not known, so there may be more variables. */
  readonly isOpen: boolean;
  hasShell: boolean;
  hasWorkdir: boolean;
  /** Where the last CMD, ENTRYPOINT and HEALTHCHECK of this stage are. */
  readonly lastOf: Map<'cmd' | 'entrypoint' | 'healthcheck', SourceRange>;
  /** Instructions left for stages that build on this one. */
  readonly triggers: string[];
}

/** What a stage takes over from the one that it builds on. Of an ARG and an ENV of one name the ENV is inherited. */
export function inheritScope(parent: StageScope): StageScope {
  const env = new Map(parent.env);
  for (const [name, value] of parent.imageEnv) env.set(name, value);
  return {
    env,
    variables: variablesFrom(env),
    imageEnv: new Map(parent.imageEnv),
    declared: new Set(parent.declared),
    isOpen: parent.isOpen,
    hasShell: parent.hasShell,
    hasWorkdir: parent.hasWorkdir,
    lastOf: new Map(),
    triggers: [],
  };
}
