import type { ExecSegment, ExecStep } from '../../executor/executor.ts';
import type { ExecNode } from '../../graph/node.ts';
import type { BatchContext, BatchOutcome } from '../../solver/op.ts';
import { withLayer } from '../chain.ts';
import type { Chain, OpsEnvironment } from '../environment.ts';
import { CacheMounts } from './cache-mounts.ts';
import type { ExecMemberInput } from './exec-member.ts';
import { execMounts } from './exec-mounts.ts';
import { runFailed } from './run-failed.ts';
import { type StepGroup, splitSteps } from './split-steps.ts';

/** Runs steps one after the other over a base, as many as can be in one VM. */
export async function runSteps(
  members: readonly ExecMemberInput[],
  base: Chain,
  environment: OpsEnvironment,
  context: BatchContext,
): Promise<BatchOutcome<Chain>> {
  const results: Chain[] = [];
  try {
    for (const group of splitSteps(members, environment.maxSegments)) {
      const done = results.length;
      const startsAt = (index: number) => context.memberStarts(done + index);
      const error = await runGroup(
        group,
        results.at(-1) ?? base,
        environment,
        { ...context, memberStarts: startsAt },
        results,
      );
      if (error !== undefined) return { results, error };
    }
  } catch (error) {
    return { results, error };
  }
  return { results };
}

/** Adds the results of a group; gives the error of a step that failed. */
async function runGroup(
  { members, baseSegments, mountSegments }: StepGroup,
  base: Chain,
  environment: OpsEnvironment,
  { emitter, signal, memberStarts }: BatchContext,
  results: Chain[],
): Promise<unknown> {
  const segmentsOf = async (chain: Chain, maxSegments: number): Promise<readonly ExecSegment[]> =>
    await environment.segments(chain.layers, { maxSegments, emitter, signal });
  await using caches = new CacheMounts();
  await caches.acquire(environment.store, members, { user: environment.purpose, emitter, signal });
  const mountContext = {
    environment,
    caches,
    segments: async (chain: Chain) => await segmentsOf(chain, mountSegments),
  };
  const steps: ExecStep[] = [];
  let blocked: unknown;
  for (const member of members) {
    try {
      steps.push({ ...stepOf(member.node), node: member.vertex.id, mounts: await execMounts(member, mountContext) });
    } catch (error) {
      // The steps before that one have no part in it.
      if (steps.length === 0) throw error;
      blocked = error;
      break;
    }
  }
  const executor = await environment.executor();
  const { steps: ended, failed } = await executor.run({
    segments: await segmentsOf(base, baseSegments),
    parent: base.layers,
    steps,
    resources: environment.resources,
    clampTime: environment.sourceDateEpoch,
    emitter,
    signal,
    onStep: (node, state) => {
      if (state === 'started') memberStarts(members.findIndex(({ vertex }) => vertex.id === node));
    },
  });
  let chain = base;
  for (const [i, { diffId }] of ended.entries()) {
    chain = withLayer(chain, diffId, members[i]?.vertex.name ?? '', environment);
    results.push(chain);
  }
  const member = members[ended.length];
  return failed === undefined || member === undefined ? blocked : runFailed(member.node, failed);
}

function stepOf(node: ExecNode): Omit<ExecStep, 'node' | 'mounts'> {
  const { args, cwd, user, network, hostname, extraHosts, security, shmSize, files, env, proxyEnv } = node;
  const names = new Set(env.map(nameOf));
  return {
    args,
    env: [...env, ...proxyEnv.filter((variable) => !names.has(nameOf(variable)))],
    cwd,
    user,
    network,
    hostname,
    extraHosts,
    security,
    files: files.map(({ path, data, mode }) => ({ path, data: Buffer.from(data), mode })),
    ...(shmSize === undefined ? {} : { shmSize }),
  };
}

function nameOf(variable: string): string {
  const end = variable.indexOf('=');
  return end === -1 ? variable : variable.slice(0, end);
}
