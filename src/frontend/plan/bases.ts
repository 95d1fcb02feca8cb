import pLimit from 'p-limit';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Platform } from '../../formats/oci/image.ts';
import { parseReference } from '../../formats/oci/reference.ts';
import { blaming, placed } from '../instructions/place.ts';
import { readTrigger } from '../instructions/read-trigger.ts';
import { toLower } from '../text/letter-case.ts';
import { contextName } from './context-name.ts';
import { folderNode } from './folder-node.ts';
import { infoOfPlace } from './info-of-place.ts';
import type { ContextBinding } from './plan.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import { withStageMeant } from './stage-meant.ts';
import { reachableFrom, refuseCircles } from './stage-needs.ts';
import { copyOfDraft, draftOf, emptyImage, type StageState, sizeOfDraft } from './stage-state.ts';
import type { Stages } from './stages.ts';
import { nextStepName } from './step-name.ts';

/** Each may ask a registry. */
const lookupsAtATime = 16;

/**
 * Resolves the bases of every stage that the target needs and takes in what their ONBUILD left, which may make further
 * stages needed. Returns what is reachable in the end.
 */
export async function resolveBases(
  context: PlannerContext,
  stages: Stages,
  target: StageState,
): Promise<ReadonlySet<StageState>> {
  refuseCircles(context, stages.all);
  for (const state of [...stages.all, ...stages.images()]) refuseBadName(context, stages.all, state);
  for (;;) {
    const reachable = reachableFrom(target);
    const open = [...reachable]
      .filter((state) => state.base === undefined && !state.isResolved)
      .sort((a, b) => a.place.range.startLine - b.place.range.startLine);
    await allOf(open.map((state) => async () => await resolveBase(context, stages, state)));
    // In the order of the file, so that a stage finds its base with its triggers in place.
    const inOrder = [...reachable].filter((state) => !state.isImplicit).sort((a, b) => a.index - b.index);
    let added = false;
    for (const state of inOrder) added = takeTriggers(context, stages, state) || added;
    if (!added) return reachable;
  }
}

/** Carries out a few at a time; what has not begun when one fails never does. */
async function allOf(lookups: readonly (() => Promise<void>)[]): Promise<void> {
  const limit = pLimit(lookupsAtATime);
  try {
    await Promise.all(lookups.map(async (lookup) => await limit(lookup)));
  } finally {
    limit.clearQueue();
  }
}

/** A name that is none is refused also in a stage that is not needed. */
function refuseBadName({ request, source }: PlannerContext, all: readonly StageState[], state: StageState): void {
  const { base, context, baseName, place } = state;
  if (base !== undefined || context !== undefined || toLower(baseName) === 'scratch') return;
  if (request.contexts.named(contextName(baseName)) !== undefined) return;
  try {
    parseReference(baseName);
  } catch (error) {
    throw placed(source, place, withStageMeant(error, all, state));
  }
}

async function resolveBase(context: PlannerContext, stages: Stages, state: StageState): Promise<void> {
  state.isResolved = true;
  const { request, source } = context;
  const platform = state.platformText ?? request.platform;
  const named =
    state.context ??
    (toLower(state.baseName) === 'scratch' ? undefined : request.contexts.named(contextName(state.baseName)));
  try {
    if (named !== undefined) await useContext(context, state, named, platform);
    else if (state.baseName === 'scratch') useScratch(context, state, platform);
    else await useImage(context, state, state.baseName, platform);
  } catch (failure) {
    const error = withStageMeant(failure, stages.all, state);
    if (isFirekilnError(error, 'BASE_NOT_FOUND') && error.hint === undefined) {
      const hint = didYouMean(state.baseName, commonImages, { ignoreCase: true });
      throw placed(source, state.place, error.withHint(hint));
    }
    throw placed(source, state.place, error);
  }
}

const commonImages = [
  'alpine',
  'busybox',
  'debian',
  'ubuntu',
  'fedora',
  'golang',
  'node',
  'python',
  'nginx',
  'scratch',
];

async function useContext(
  context: PlannerContext,
  state: StageState,
  binding: ContextBinding,
  platform: Platform,
): Promise<void> {
  const { graph } = context;
  switch (binding.type) {
    case 'image':
      await useImage(context, state, binding.reference, platform);
      return;
    case 'node':
      useScratchImage(state, platform);
      state.node = graph.add(binding.node, { name: `[context ${binding.name}] load` });
      return;
    case 'folder':
      useScratchImage(state, platform);
      state.node = folderNode(context, {
        name: binding.name,
        source: '/',
        place: state.place,
        label: `local source for ${binding.name}`,
      });
      return;
    case 'http':
      throw planFault('a place on an HTTP server has no folders and can not be a base', {
        hint: 'Use a git+https:// locator, which can list what it holds.',
      });
  }
}

function useScratch(context: PlannerContext, state: StageState, platform: Platform): void {
  useScratchImage(state, platform);
  state.node = context.graph.add({ kind: 'scratch' }, { name: 'scratch' });
}

function useScratchImage(state: StageState, platform: Platform): void {
  state.image = emptyImage(platform);
}

async function useImage(
  context: PlannerContext,
  state: StageState,
  reference: string,
  platform: Platform,
): Promise<void> {
  const { request, graph } = context;
  const facts = await request.resolveImage(reference, platform);
  request.observer.onBase?.({ stage: state.index, reference, facts });
  state.image = draftOf(facts.config);
  state.baseName = facts.name;
  if (facts.config.rootfs.diff_ids.length === 0) {
    state.node = graph.add({ kind: 'scratch' }, { name: 'scratch' });
    return;
  }
  state.node = graph.add(
    { kind: 'image', reference: facts.name, manifestDigest: facts.manifestDigest, platform },
    {
      name: nextStepName(state, `FROM ${facts.name}`),
      ...infoOfPlace(state.place),
    },
  );
}

/** True if the stage got new instructions. */
function takeTriggers(context: PlannerContext, stages: Stages, state: StageState): boolean {
  if (state.triggersDone) return false;
  state.triggersDone = true;
  const { base } = state;
  if (base !== undefined && !base.triggersDone) throw new Error(`stage ${base.index} comes after its child`);
  const expressions =
    base === undefined
      ? state.image.config.onBuild
      : base.instructions.flatMap(({ instruction }) =>
          instruction.kind === 'onbuild' ? [instruction.expression] : [],
        );
  state.image.config.onBuild = [];
  if (expressions.length === 0) return false;
  const stage = context.request.dockerfile.stages[state.index];
  if (stage === undefined || state.context !== undefined) return false;
  const { source } = context.request.dockerfile.tree;
  blaming(source, state.place, () => context.triggers.take(expressions.length));
  stages.addTriggers(
    state,
    expressions.map((expression) => readTrigger(expression, stage, source)),
  );
  return true;
}

/** A stage over another starts from what the other has become. */
export function inherit(context: PlannerContext, state: StageState, base: StageState): void {
  blaming(context.source, state.place, () => {
    context.inheritance.take(sizeOfDraft(base.image) + base.args.size + base.env.size);
  });
  state.node = base.node;
  state.image = copyOfDraft(base.image);
  state.workdirSet = base.workdirSet;
  for (const [name, value] of base.args) state.args.set(name, value);
  for (const name of base.env.names()) state.env.set(name, base.env.get(name) ?? '');
}
