import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { didYouMean } from '../../base/nearest.ts';
import { compilePatternSet } from '../../formats/patterns/pattern-set.ts';
import type { Dockerfile } from '../instructions/dockerfile.ts';
import { inheritanceBudget } from '../instructions/inheritance-budget.ts';
import { readDockerfile } from '../instructions/read-dockerfile.ts';
import { triggerBudget } from '../instructions/trigger-budget.ts';
import { fault } from '../syntax/fault.ts';
import { narrowRange } from '../syntax/words-at-fault.ts';
import { toLower } from '../text/letter-case.ts';
import { createExpansionBudget } from '../words/expansion-budget.ts';
import { checkBasePlatform, checkDefaultBases, type ResolvedStage, resolveStages } from './check-bases.ts';
import { checkNode } from './check-node.ts';
import { type CheckOptions, checkDirectiveOf, parseCheckOptions } from './check-options.ts';
import type { BaseFacts, CheckRequest, CheckResult } from './check-request.ts';
import { checkStage } from './check-stage.ts';
import { checkStages } from './check-stages.ts';
import type { CheckerContext } from './checker-context.ts';
import { resolveGlobalArgs } from './global-args.ts';
import { type CheckWarning, createLinter } from './linter.ts';
import { reachableStages } from './reachable-stages.ts';
import type { StageScope } from './stage-scope.ts';
import { Suggestions } from './suggestions.ts';
import { findUnknownRules } from './unknown-rules.ts';

/**
 * Runs BuildKit's build checks on a Dockerfile, as far as they can be without executing anything. Warnings come in the
 * order in which BuildKit finds them; an error of the Dockerfile ends the checks and is given beside what was found
 * until then. Throws CHECK_OPTION_INVALID.
 */
export function checkDockerfile(request: CheckRequest): CheckResult {
  const options = optionsOf(request);
  const warnings: CheckWarning[] = [];
  const context: CheckerContext = {
    request,
    source: request.tree.source,
    linter: createLinter(options, (warning) => warnings.push(warning)),
    expansion: { escape: request.tree.escape, budget: createExpansionBudget() },
    ignored: request.ignorePatterns?.length ? compilePatternSet(request.ignorePatterns) : undefined,
    inheritance: inheritanceBudget(),
    triggers: triggerBudget(),
    suggestions: new Suggestions(),
  };
  const unknownRules = findUnknownRules(request.tree, options);
  try {
    runChecks(context);
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    return { warnings, unknownRules, error };
  }
  return { warnings, unknownRules, error: options.failOnWarning ? failureOf(context, warnings) : undefined };
}

/** The build argument BUILDKIT_DOCKERFILE_CHECK takes the place of the directive. */
function optionsOf({ tree, buildArgs }: CheckRequest): CheckOptions {
  const given = buildArgs.get('BUILDKIT_DOCKERFILE_CHECK');
  if (given !== undefined) return parseCheckOptions(given);
  const directive = tree.directives.find(({ name }) => name === 'check');
  const range = directive?.range ?? { startLine: 1, endLine: 1 };
  const { source } = tree;
  try {
    return parseCheckOptions(checkDirectiveOf(source.text) ?? '');
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    throw error.withSource({ ...source, ranges: [range], focus: narrowRange(source.text, range, error.about) });
  }
}

function runChecks(context: CheckerContext): void {
  const { linter, request, source } = context;
  for (const range of request.tree.emptyContinuations) {
    linter.report('NoEmptyContinuation', range, 'Empty continuation line');
  }
  const dockerfile = readChecked(context);
  if (dockerfile.stages.length === 0) {
    const last = request.tree.instructions.at(-1)?.range ?? { startLine: 1, endLine: 1 };
    throw fault('DOCKERFILE_INSTRUCTION', 'there is no FROM, and so nothing to build', source, last);
  }
  checkStages(dockerfile.stages, linter);
  checkDefaultBases(context, dockerfile);
  const args = resolveGlobalArgs(dockerfile.metaArgs, request.predefinedArgs, request.buildArgs, context);
  const stages = resolveStages(context, dockerfile, args);
  const { checked, needed } = wantedStages(context, stages);
  const facts = new Map(stages.filter((stage) => checked.has(stage)).map((stage) => [stage, factsOf(context, stage)]));
  const scopes = new Map<ResolvedStage, StageScope>();
  for (const stage of stages) {
    if (stage.isReplaced || !checked.has(stage)) continue;
    const parent = stage.parent && scopes.get(stage.parent);
    const start = { facts: facts.get(stage), parent, runsTriggers: needed.has(stage) };
    scopes.set(stage, checkStage(context, args, stage, start));
  }
}

function readChecked({ request, linter }: CheckerContext): Dockerfile {
  if (request.dockerfile === undefined) return readDockerfile(request.tree, (node) => checkNode(node, linter));
  for (const node of request.tree.instructions) checkNode(node, linter);
  return request.dockerfile;
}

interface WantedStages {
  /** Are looked into. */
  readonly checked: ReadonlySet<ResolvedStage>;
  /** Are needed for the target. */
  readonly needed: ReadonlySet<ResolvedStage>;
}

function wantedStages({ request, source }: CheckerContext, stages: readonly ResolvedStage[]): WantedStages {
  const { target, allStages = target === undefined } = request;
  const found = target === undefined ? stages.at(-1) : stages.findLast(({ stage }) => stage.name === toLower(target));
  if (found === undefined) {
    const names = stages.flatMap(({ stage }) => stage.name ?? []);
    const blamed = stages.at(-1)?.stage.range ?? { startLine: 1, endLine: 1 };
    throw fault('DOCKERFILE_INSTRUCTION', `there is no stage ${JSON.stringify(target)}`, source, blamed, {
      hint: didYouMean(target ?? '', names),
    });
  }
  const needed = reachableStages(stages, found);
  return { checked: allStages ? new Set(stages) : needed, needed };
}

/** Of the image that a stage starts from; undefined for a stage that builds on another one, or if nothing is known. */
function factsOf(context: CheckerContext, resolved: ResolvedStage): BaseFacts | undefined {
  const { stage, base, platform, parent, isReplaced } = resolved;
  if (parent !== undefined || isReplaced || base === 'scratch') return undefined;
  const facts = context.request.baseOf?.(stage, base);
  const expected = platform ?? context.request.platform;
  if (facts !== undefined) checkBasePlatform(context.linter, resolved, { expected, actual: facts.platform });
  return facts;
}

function failureOf({ source }: CheckerContext, warnings: readonly CheckWarning[]): FirekilnError | undefined {
  if (warnings.length === 0) return undefined;
  const names = [...new Set(warnings.map((warning) => warning.rule))];
  return new FirekilnError('CHECKS_FAILED', `the build checks found something: ${names.join(', ')}`, {
    hint: 'The Dockerfile asks with error=true that warnings be errors.',
    source: { ...source, ranges: warnings.slice(0, 1).map((warning) => warning.range) },
  });
}
