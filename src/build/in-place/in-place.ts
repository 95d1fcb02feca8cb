import { join } from 'node:path';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Plan } from '../../frontend/plan/plan.ts';
import type { NodeId } from '../../graph/node.ts';
import { importExt4 } from '../../images/import-ext4.ts';
import { emptyChain, withLayer } from '../../ops/chain.ts';
import type { Chain, OpsEnvironment } from '../../ops/environment.ts';
import type { InsteadOf } from '../../ops/graph-vertices.ts';
import type { OpContext } from '../../solver/op.ts';
import type { Bases } from '../bases.ts';
import type { BuildServices } from '../build-services.ts';
import type { BuildInputs } from '../inputs.ts';
import { atStep } from '../place-of-step.ts';
import { writeBaseDisk } from './base-disk.ts';
import { type InPlaceStage, otherInputs } from './find-stages.ts';
import type { InPlaceJob } from './in-place-job.ts';
import type { InPlaceRequest } from './in-place-request.ts';
import { StageRunner } from './stage-runner.ts';

export interface InPlaceOptions {
  readonly request: InPlaceRequest;
  readonly job: InPlaceJob;
  readonly services: BuildServices;
  readonly inputs: BuildInputs;
  readonly bases: Bases;
  readonly plan: Plan;
  readonly environment: OpsEnvironment;
  /** Where disks lie until the build is over. */
  readonly folder: string;
  /** Told where the disk of the target lies, once it is whole. */
  readonly onDisk: (path: string) => void;
}

/**
 * The stages of a plan that are built in place, as vertices that stand for all of their steps. Each runs whenever it is
 * asked for: what an init does besides the steps is no function of them, so nothing of it is taken from the cache.
 */
export function inPlaceVertices(options: InPlaceOptions): InsteadOf {
  return (id, own, vertices) => {
    const stage = options.job.stages.get(id);
    if (stage === undefined) return undefined;
    const inputs = [...layersOfBase(stage, options.bases), ...otherInputs(stage)].map((input) => {
      // A stage without steps ends where it begins.
      const vertex = input === id ? own : vertices.get(input);
      if (vertex === undefined) throw new Error(`node ${input} comes after ${id}, which needs it`);
      return vertex;
    });
    const name = `in place: ${stage.base.node.reference}`;
    return {
      id: `in-place:${id}`,
      name,
      inputs,
      ignoreCache: true,
      op: {
        describe: async () => ({ kind: 'in place', end: id }),
        exec: async (chains, context) => await buildStage(options, stage, chains, context),
      },
    };
  };
}

async function buildStage(
  options: InPlaceOptions,
  stage: InPlaceStage,
  chains: readonly Chain[],
  { emitter, signal }: OpContext,
): Promise<Chain> {
  const { services, environment, request, plan, bases } = options;
  const { store } = services;
  const path = join(options.folder, `${stage.end.slice(-16)}.ext4`);
  const base = bases.of(stage.base.node);
  const others = chains.slice(layersOfBase(stage, bases).length);
  const [baseChain = emptyChain] = chains;
  const nameOf = (id: string) => plan.graph.info.get(id as NodeId)?.name ?? id;
  const wanted = otherInputs(stage);
  const chainOf = (id: string) => ({ chain: others[wanted.indexOf(id as NodeId)] ?? emptyChain, name: nameOf(id) });
  const { partuuid } = request;
  await writeBaseDisk({ store, base, chain: baseChain, path, freeBytes: services.diskGrowth, partuuid, signal });
  {
    await using vm = await services.bootBase(path, request);
    const runner = new StageRunner({ vm, stage: stage.end, request, environment, chainOf, nameOf, signal });
    await runner.requireLogin();
    await runner.waitForEgress();
    await runner.commands('pre-build', request.preBuildCommands);
    for (const { id, node } of stage.steps) await placed(options, id, async () => await runner.step(id, node));
    if (stage.isTarget) {
      await runner.finish(plan.image.config, options.job.installer);
      await runner.commands('post-build', request.postBuildCommands);
    }
    await runner.tidy();
    if ((await vm.shutDown({ graceMs: request.shutdownGraceMs, signal })) === 'stopped') {
      const seconds = request.shutdownGraceMs / 1000;
      emitter.message(
        'warn',
        `the base did not shut down within ${seconds} s; its disk was made read-only and the VM stopped`,
      );
    }
  }
  const { diffId } = await importExt4(store, path, { partuuid, signal });
  if (stage.isTarget) options.onDisk(path);
  return withLayer(emptyChain, diffId, `built in place on ${stage.base.node.reference}`, environment);
}

/** The base, where its disk is made of layers: a disk of a base store is copied as it is, and need not be read. */
function layersOfBase({ base }: InPlaceStage, bases: Bases): readonly NodeId[] {
  return bases.of(base.node).origin === 'base-store' ? [] : [base.id];
}

async function placed(options: InPlaceOptions, step: NodeId, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw isFirekilnError(error) ? atStep(error, step, options.plan) : error;
  }
}
