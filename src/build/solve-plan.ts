import { digestOfValue } from '../base/digest.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Plan } from '../frontend/plan/plan.ts';
import type { NodeId } from '../graph/node.ts';
import type { Chain, OpsEnvironment } from '../ops/environment.ts';
import { graphVertices } from '../ops/graph-vertices.ts';
import { ResultCache } from '../ops/result-cache.ts';
import { solve } from '../solver/solve.ts';
import { VertexError } from '../solver/vertex-error.ts';
import type { Bases } from './bases.ts';
import type { BuildRequest } from './build-request.ts';
import type { BuildServices } from './build-services.ts';
import type { BuildInputs } from './inputs.ts';
import { readSecret, sshAgentSocket } from './secret-spec.ts';

export interface SolveOptions {
  readonly request: BuildRequest;
  readonly services: BuildServices;
  readonly inputs: BuildInputs;
  readonly bases: Bases;
  readonly plan: Plan;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Carries a plan out. An error of a step is given the step's place in the Dockerfile. */
export async function solvePlan(options: SolveOptions): Promise<Chain> {
  const { services, request, inputs, plan } = options;
  const { emitter, signal, store } = services;
  const target = graphVertices(plan.graph, environment(options));
  try {
    return await solve(target, {
      cache: new ResultCache(store),
      identity: ({ layers }) => digestOfValue(layers),
      emitter,
      signal,
      explain: request.explain,
    });
  } catch (error) {
    throw error instanceof VertexError ? placed(error, plan, inputs) : error;
  }
}

function placed({ vertexId, cause }: VertexError, { graph }: Plan, { dockerfile }: BuildInputs): unknown {
  const info = graph.info.get(vertexId as NodeId);
  if (!isFirekilnError(cause) || info?.startLine === undefined) return cause;
  const range = { startLine: info.startLine, endLine: info.endLine ?? info.startLine };
  return cause.withSource({ ...dockerfile, ranges: [range] });
}

function environment({ request, services, inputs, bases, startedAt }: SolveOptions): OpsEnvironment {
  const { store, executor, maxSegments, segments, http, git, resources, env } = services;
  return {
    store,
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
    sshAgent: async (id) => {
      const spec = request.ssh.find((it) => it.id === id);
      return spec === undefined ? undefined : sshAgentSocket(spec, env);
    },
    isolation: request.isolation,
    sourceDateEpoch: request.sourceDateEpoch,
    startedAt,
  };
}
