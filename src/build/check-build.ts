import type { Emitter } from '../base/events.ts';
import type { Platform } from '../formats/oci/image.ts';
import { checkDockerfile } from '../frontend/frontend.ts';
import type { Dockerfile, Stage } from '../frontend/instructions/dockerfile.ts';
import type { BaseFacts } from '../frontend/lint/check-request.ts';
import type { CheckWarning } from '../frontend/lint/linter.ts';
import { contextName } from '../frontend/plan/context-name.ts';
import type { ImageFacts } from '../frontend/plan/plan.ts';
import { predefinedArgs } from '../frontend/plan/platform-args.ts';
import type { BuildInputs } from './inputs.ts';

export interface BuildCheck {
  readonly inputs: BuildInputs;
  readonly dockerfile: Dockerfile;
  readonly target: string | undefined;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
  /** What planning found out of the bases, by stage. */
  readonly bases: ReadonlyMap<number, ImageFacts>;
  readonly emitter: Emitter;
}

/**
 * Runs the build checks and tells what they find. Throws CHECKS_FAILED where the Dockerfile asks for that, and
 * CHECK_OPTION_INVALID; an error that planning meets too is left to planning.
 */
export function checkBuild(check: BuildCheck): readonly CheckWarning[] {
  const { inputs, dockerfile, target, buildArgs, platform, buildPlatform } = check;
  const result = checkDockerfile({
    tree: dockerfile.tree,
    dockerfile,
    target,
    buildArgs,
    predefinedArgs: predefinedArgs({ buildPlatform, platform, target: target ?? '', buildArgs }),
    platform,
    ignorePatterns: inputs.ignore?.patterns,
    isNamedContext: (name) => inputs.contexts.named(contextName(name)) !== undefined,
    baseOf: (stage) => factsOf(check.bases, stage),
  });
  for (const { rule, text, page, range } of result.warnings) {
    const { file } = dockerfile.tree.source;
    check.emitter.emit({ event: 'build.warning', rule, text, url: page, file, line: range.startLine });
  }
  for (const { name, line, hint } of result.unknownRules) {
    const { file } = dockerfile.tree.source;
    const place = line === undefined ? 'BUILDKIT_DOCKERFILE_CHECK' : `${file}:${line}`;
    check.emitter.message(
      'warn',
      `${place}: # check= names the rule ${JSON.stringify(name)}, which there is not`,
      hint,
    );
  }
  if (result.error?.code === 'CHECKS_FAILED') throw result.error;
  return result.warnings;
}

function factsOf(bases: ReadonlyMap<number, ImageFacts>, stage: Stage): BaseFacts | undefined {
  const config = bases.get(stage.index)?.config;
  if (config === undefined) return undefined;
  return {
    env: config.config?.Env ?? [],
    shell: config.config?.Shell,
    onBuild: config.config?.OnBuild ?? undefined,
    platform: {
      os: config.os,
      architecture: config.architecture,
      ...(config.variant === undefined ? {} : { variant: config.variant }),
    },
  };
}
