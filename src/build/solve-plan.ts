import { digestOfValue } from '../base/digest.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Plan } from '../frontend/plan/plan.ts';
import { LayerPool } from '../images/layer-pool.ts';
import type { Chain, OpsEnvironment } from '../ops/environment.ts';
import { graphVertices } from '../ops/graph-vertices.ts';
import { ResultCache } from '../ops/result-cache.ts';
import type { ResultCache as SolverCache } from '../solver/op.ts';
import { solve } from '../solver/solve.ts';
import { VertexError } from '../solver/vertex-error.ts';
import type { Bases } from './bases.ts';
import type { BuildRequest } from './build-request.ts';
import type { BuildServices } from './build-services.ts';
import { type InPlaceOptions, inPlaceVertices } from './in-place/in-place.ts';
import type { BuildInputs } from './inputs.ts';
import { atStep } from './place-of-step.ts';
import { readSecret } from './secret-spec.ts';
import { SshAgents } from './ssh-agents.ts';

export interface SolveOptions {
  readonly request: BuildRequest;
  readonly services: BuildServices;
  readonly inputs: BuildInputs;
  readonly bases: Bases;
  readonly plan: Plan;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What is built in place, where disks lie meanwhile, and who is told of the target's. */
  readonly inPlace?: Pick<InPlaceOptions, 'job' | 'folder' | 'onDisk'> | undefined;
  /** Neither read from the cache nor write to it. */
  readonly ignoreCache?: boolean;
}

/** Carries a plan out. An error of a step is given the step's place in the Dockerfile. */
export async function solvePlan(options: SolveOptions): Promise<Chain> {
  const { services, request, plan } = options;
  const { emitter, signal, store } = services;
  using layers = new LayerPool(store);
  await using agents = new SshAgents(request.ssh, { cwd: request.cwd, env: services.env });
  const forOps = environment(options, layers, agents);
  const instead =
    request.inPlace === undefined || options.inPlace === undefined
      ? undefined
      : inPlaceVertices({ ...options, ...options.inPlace, request: request.inPlace, environment: forOps });
  const target = graphVertices(plan.graph, forOps, instead);
  try {
    return await solve(target, {
      cache: options.ignoreCache === true ? noCache : new ResultCache(store),
      identity: ({ layers }) => digestOfValue(layers),
      emitter,
      signal,
      explain: request.explain && options.ignoreCache !== true,
    });
  } catch (error) {
    if (!(error instanceof VertexError)) throw error;
    const { vertexId, cause } = error;
    throw isFirekilnError(cause) ? atStep(cause, vertexId, plan) : cause;
  }
}

/** Of a build that is to be done from the ground up and not to be remembered. */
const noCache: SolverCache<Chain> = {
  load: async () => undefined,
  save: async () => {},
  exclusive: async () => ({ [Symbol.asyncDispose]: async () => {} }),
  lastExplanation: async () => undefined,
};

function environment(
  { request, services, inputs, bases, startedAt }: SolveOptions,
  pool: LayerPool,
  agents: SshAgents,
): OpsEnvironment {
  const { store, executor, maxSegments, segments, http, git, resources, env } = services;
  return {
    store,
    openChain: async (layers) => await pool.open(layers),
    purpose: `build of ${request.tags[0] ?? inputs.dockerfile.file}`,
    executor,
    maxSegments,
    segments,
    http,
    git,
    resources,
    imageLayers: async (node, { node: shown, emitter, signal }) =>
      await bases.of(node).layers({ node: shown, emitter, signal }),
    imageDiffIds: (node) => bases.of(node).config.rootfs.diff_ids,
    context: async (name) => await inputs.context(name),
    secret: async (id) => {
      const spec = request.secrets.find((it) => it.id === id);
      return spec === undefined ? undefined : await readSecret(spec, { cwd: request.cwd, env });
    },
    sshAgent: async (id) => await agents.socketOf(id),
    isolation: request.isolation,
    sourceDateEpoch: request.sourceDateEpoch,
    startedAt,
  };
}
