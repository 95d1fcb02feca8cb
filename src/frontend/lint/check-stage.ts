import { blaming } from '../instructions/place.ts';
import { readTrigger } from '../instructions/read-trigger.ts';
import { variablesFrom, variablesFromEnv } from '../words/variables.ts';
import type { ResolvedStage } from './check-bases.ts';
import { checkInstruction } from './check-instruction.ts';
import type { BaseFacts } from './check-request.ts';
import type { CheckerContext } from './checker-context.ts';
import type { GlobalArgs } from './global-args.ts';
import { inheritScope, type StageScope } from './stage-scope.ts';

/** `PATH` of an image that sets none. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface StageStart {
  /** Of the image that the stage starts from, if something is known. */
  readonly facts: BaseFacts | undefined;
  /** Of the stage that it builds on. */
  readonly parent: StageScope | undefined;
  /** What the base left with ONBUILD is looked into too. */
  readonly runsTriggers: boolean;
}

/** Checks the instructions of a stage one after the other. Returns what stages that build on it take over. */
export function checkStage(
  context: CheckerContext,
  args: GlobalArgs,
  { stage, base }: ResolvedStage,
  { facts, parent, runsTriggers }: StageStart,
): StageScope {
  if (parent !== undefined) {
    const { env, imageEnv, declared } = parent;
    blaming(context.source, stage, () => context.inheritance.take(env.size + imageEnv.size + declared.size));
  }
  const scope = parent === undefined ? scopeOfImage(facts, base) : inheritScope(parent);
  const expressions = runsTriggers ? [...(facts?.onBuild ?? []), ...(parent?.triggers ?? [])] : [];
  blaming(context.source, stage, () => context.triggers.take(expressions.length));
  const triggers = expressions.map((expression) => readTrigger(expression, stage, context.source));
  for (const instruction of [...triggers, ...stage.instructions]) {
    blaming(context.source, instruction, () => checkInstruction(context, args, scope, instruction));
  }
  return scope;
}

function scopeOfImage(facts: BaseFacts | undefined, base: string): StageScope {
  const variables = variablesFromEnv(facts?.env ?? []);
  const imageEnv = new Map(Array.from(variables.names(), (name) => [name, variables.get(name) ?? '']));
  if (!imageEnv.has('PATH')) imageEnv.set('PATH', defaultPath);
  const env = new Map(imageEnv);
  return {
    env,
    variables: variablesFrom(env),
    imageEnv,
    declared: new Set(),
    isOpen: facts === undefined && base !== 'scratch',
    hasShell: (facts?.shell?.length ?? 0) > 0,
    hasWorkdir: false,
    lastOf: new Map(),
    triggers: [],
  };
}
