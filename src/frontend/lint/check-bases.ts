import { aboutWords, FirekilnError } from '../../base/errors/firekiln-error.ts';
import { nearest } from '../../base/nearest.ts';
import type { Platform } from '../../formats/oci/image.ts';
import { formatPlatform, parsePlatform } from '../../formats/oci/platform.ts';
import { parseReference } from '../../formats/oci/reference.ts';
import type { Dockerfile, Stage } from '../instructions/dockerfile.ts';
import { blaming, placed } from '../instructions/place.ts';
import { expandWord } from '../words/expand.ts';
import type { Expansion } from '../words/expand-simply.ts';
import { variablesFrom } from '../words/variables.ts';
import type { CheckerContext } from './checker-context.ts';
import { type GlobalArgs, resolveGlobalArgs } from './global-args.ts';
import type { Linter } from './linter.ts';

/** A stage with what its FROM comes to. */
export interface ResolvedStage {
  readonly stage: Stage;
  /** The name of the base, expanded. */
  readonly base: string;
  /** Given with `--platform`. */
  readonly platform: Platform | undefined;
  /** The stage that it starts from, if the base is one. */
  readonly parent: ResolvedStage | undefined;
  /** A named context takes its place. */
  readonly isReplaced: boolean;
}

/** Warns of bases that are no image names if no build argument is given. */
export function checkDefaultBases(context: CheckerContext, { metaArgs, stages }: Dockerfile): void {
  let values: ReadonlyMap<string, string>;
  try {
    ({ values } = resolveGlobalArgs(metaArgs, context.request.predefinedArgs, new Map(), context));
  } catch {
    // The same error is met, and told, with the build arguments.
    return;
  }
  for (const stage of stages) {
    let base: string;
    try {
      base = expandWord(stage.base, variablesFrom(values), context.expansion).text;
    } catch {
      return;
    }
    if (isReference(base)) continue;
    context.linter.report(
      'InvalidDefaultArgInFrom',
      stage.range,
      `Default value for ARG ${stage.base} results in empty or invalid base image name`,
    );
  }
}

/** Expands every FROM and finds the stages that build on others. */
export function resolveStages(context: CheckerContext, dockerfile: Dockerfile, args: GlobalArgs): ResolvedStage[] {
  const resolved: ResolvedStage[] = [];
  const byName = new Map<string, ResolvedStage>();
  for (const stage of dockerfile.stages) {
    const linter = context.linter.withComments(stage.comments);
    const base = expandBase(context, stage, args, linter);
    const platform = stage.platform === undefined ? undefined : readPlatform(context, stage, args, linter);
    const isReplaced = stage.name !== undefined && (context.request.isNamedContext?.(stage.name) ?? false);
    const parent = isReplaced ? undefined : byName.get(base);
    const entry = { stage, base, platform, parent, isReplaced };
    resolved.push(entry);
    if (stage.name !== undefined) byName.set(stage.name, entry);
  }
  return resolved;
}

function expandBase(context: CheckerContext, stage: Stage, args: GlobalArgs, linter: Linter): string {
  const { text, unmatched } = expandFrom(context, stage, stage.base, args);
  reportUndeclared(context, stage, unmatched, args, linter);
  if (text !== '') return text;
  const message = `FROM ${stage.base} names no base: it expands to nothing`;
  const hint = 'Give the ARG before FROM a default, or pass --build-arg.';
  throw placed(context.source, stage, new FirekilnError('DOCKERFILE_INSTRUCTION', message, { hint }));
}

function readPlatform(context: CheckerContext, stage: Stage, args: GlobalArgs, linter: Linter): Platform {
  const written = stage.platform ?? '';
  const expansion = expandFrom(context, stage, written, args);
  reportUndeclared(context, stage, expansion.unmatched, args, linter);
  reportRedundantPlatform(stage, written, expansion, args, linter);
  reportConstantPlatform(stage, expansion, linter);
  if (expansion.text === '') {
    const message = `FROM --platform=${written} names no platform: it expands to nothing`;
    const hint = suggestionFor(expansion.unmatched, args);
    const about = ['--platform', written];
    throw placed(context.source, stage, new FirekilnError('DOCKERFILE_INSTRUCTION', message, { hint, about }));
  }
  return blaming(context.source, stage, () => aboutWords(['--platform', written], () => parsePlatform(expansion.text)));
}

function expandFrom(context: CheckerContext, stage: Stage, text: string, { values }: GlobalArgs): Expansion {
  return blaming(context.source, stage, () => expandWord(text, variablesFrom(values), context.expansion));
}

function reportUndeclared(
  { suggestions }: CheckerContext,
  stage: Stage,
  unmatched: Iterable<string>,
  args: GlobalArgs,
  linter: Linter,
): void {
  for (const name of unmatched) {
    if (args.declared.has(name) || args.values.has(name)) continue;
    const near = suggestions.nearest(name, args.declared, args.values);
    linter.report(
      'UndefinedArgInFrom',
      stage.range,
      `FROM argument '${name}' is not declared${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    );
  }
}

function reportRedundantPlatform(
  stage: Stage,
  written: string,
  { text, matched, unmatched }: Expansion,
  { values }: GlobalArgs,
  linter: Linter,
): void {
  const isOnlyTarget = matched.size === 1 && unmatched.size === 0 && matched.has('TARGETPLATFORM');
  if (!isOnlyTarget || text !== values.get('TARGETPLATFORM')) return;
  linter.report(
    'RedundantTargetPlatform',
    stage.range,
    `Setting platform to predefined ${written} in FROM is redundant as this is the default behavior`,
  );
}

/** A stage that is named for its platform says that it means it. */
function reportConstantPlatform(stage: Stage, { text, matched, unmatched }: Expansion, linter: Linter): void {
  if (matched.size > 0 || unmatched.size > 0) return;
  let platform: Platform;
  try {
    platform = parsePlatform(text);
  } catch {
    return;
  }
  const name = stage.name ?? '';
  if (name.includes(platform.os) || name.includes(platform.architecture)) return;
  linter.report(
    'FromPlatformFlagConstDisallowed',
    stage.range,
    `FROM --platform flag should not use constant value "${text}"`,
  );
}

/** Compares the platform of a base with the one that was asked for. */
export function checkBasePlatform(
  linter: Linter,
  { stage, base }: ResolvedStage,
  { expected, actual }: { readonly expected: Platform; readonly actual: Platform },
): void {
  if (expected.os === actual.os && expected.architecture === actual.architecture) return;
  const [wanted, found] = [formatPlatform(expected), formatPlatform(actual)];
  linter.report(
    'InvalidBaseImagePlatform',
    stage.range,
    `Base image ${base} was pulled with platform "${found}", expected "${wanted}" for current build`,
  );
}

function suggestionFor(names: Iterable<string>, { values }: GlobalArgs): string | undefined {
  for (const name of names) {
    const near = nearest(name, values.keys());
    if (near !== undefined) return `Did you mean ${near}?`;
  }
  return undefined;
}

function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}
