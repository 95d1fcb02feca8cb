import { resolve } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import type { Digest } from '../base/digest.ts';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { Emitter } from '../base/events.ts';
import type { Platform } from '../formats/oci/image.ts';
import { formatPlatform, hostPlatform, parsePlatform, platformRank } from '../formats/oci/platform.ts';
import { canonicalName } from '../formats/oci/reference.ts';
import { parseDockerfile, planDockerfile, readDockerfile } from '../frontend/frontend.ts';
import type { CheckWarning } from '../frontend/lint/linter.ts';
import type { ImageFacts, Plan } from '../frontend/plan/plan.ts';
import { commitImage } from '../images/commit-image.ts';
import type { StoredImage } from '../images/image.ts';
import type { Chain } from '../ops/environment.ts';
import { Bases } from './bases.ts';
import type { BuildRequest } from './build-request.ts';
import type { BuildServices } from './build-services.ts';
import { readBuilderArgs } from './builder-args.ts';
import { checkBuild } from './check-build.ts';
import { checkReproducible } from './check-reproducible.ts';
import { planInPlace } from './in-place/in-place-job.ts';
import { keepResult } from './in-place/keep-result.ts';
import type { BuildInputs } from './inputs.ts';
import { openInputs } from './open-inputs.ts';
import { requireSecretFiles } from './secret-spec.ts';
import { solvePlan } from './solve-plan.ts';

export interface BuildResult {
  /** Undefined where only the checks were run. */
  readonly image: StoredImage | undefined;
  readonly warnings: readonly CheckWarning[];
}

/**
 * Builds an image: finds its inputs, plans, solves, commits under its tags, and writes the outputs. Errors of a step
 * name the line of the Dockerfile. What was finished before an error is kept in the cache.
 */
export async function build(request: BuildRequest, services: BuildServices): Promise<BuildResult> {
  const started = performance.now();
  const { emitter, signal, store } = services;
  const durationMs = () => Math.round(performance.now() - started);
  try {
    const tags = request.tags.map(canonicalName);
    await requireSecretFiles(request.secrets, { cwd: request.cwd, env: services.env });
    await using inputs = await openInputs({ request, sources: services.sources, archives: services.archives, signal });
    const { target } = request;
    const { file } = inputs.dockerfile;
    emitter.emit({ event: 'build.started', dockerfile: file, ...(target === undefined ? {} : { target }) });
    await using _lease = await store.lease(`build of ${tags[0] ?? file}`);
    // A stage in place starts from a copy of the base's disk, whatever is on it.
    const leaveUnread = request.inPlace !== undefined;
    const bases = new Bases(services.findImage, { fresh: request.pull, leaveUnread, emitter, signal });
    const { plan, warnings } = await planBuild(request, inputs, bases, emitter, signal);
    if (request.checkOnly) return { image: undefined, warnings };
    const job = request.inPlace && (await planInPlace(request.inPlace, { plan, bases, inputs, services }));
    const startedAt = request.sourceDateEpoch === undefined ? Date.now() : request.sourceDateEpoch * 1000;
    let disk: string | undefined;
    await using folder = job && (await store.temporaryFolder());
    const inPlace = job &&
      folder && {
        job,
        folder: folder.path,
        onDisk: (path: string) => {
          disk = path;
        },
      };
    const solving = { request, services, inputs, bases, plan, startedAt, inPlace };
    const chain = await solvePlan(solving);
    if (request.checkReproducible === true) await checkReproducible(solving, chain);
    throwIfAborted(signal, 'building');
    const image = await commit({ request, services, inputs, bases, plan, chain, tags, isDisk: disk !== undefined });
    for (const { dest, free, ...output } of request.outputs) {
      await services.exportImage({
        ...output,
        dest: dest === '-' ? dest : resolve(request.cwd, dest),
        image,
        tags,
        freeBytes: free,
        sourceDateEpoch: request.sourceDateEpoch,
        emitter,
        signal,
      });
    }
    await keepResult({ request, services, image, disk, tags });
    emitter.emit({ event: 'build.finished', image: image.id, tags, durationMs: durationMs() });
    return { image, warnings };
  } catch (error) {
    const code = isFirekilnError(error) ? error.code : 'internal';
    const text = error instanceof Error ? error.message : String(error);
    emitter.emit({ event: 'build.failed', code, text, durationMs: durationMs() });
    throw error;
  }
}

async function planBuild(
  request: BuildRequest,
  inputs: BuildInputs,
  bases: Bases,
  emitter: Emitter,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan; readonly warnings: readonly CheckWarning[] }> {
  const dockerfile = readDockerfile(parseDockerfile(inputs.dockerfile));
  const buildPlatform = hostPlatform();
  const platform = request.platform === undefined ? buildPlatform : wantedPlatform(request.platform, buildPlatform);
  const { target, buildArgs } = request;
  const facts = new Map<number, ImageFacts>();
  const check = () =>
    checkBuild({ inputs, dockerfile, target, buildArgs, platform, buildPlatform, bases: facts, emitter });
  let plan: Plan;
  try {
    plan = await planDockerfile({
      dockerfile,
      target,
      buildArgs,
      labels: request.labels,
      platform,
      buildPlatform,
      platformIsExplicit: request.platform !== undefined,
      contexts: inputs.contexts,
      resolveImage: async (reference, wanted) => await bases.resolve(reference, wanted),
      noCache: request.noCache,
      network: request.network,
      hostname: readBuilderArgs(buildArgs).hostname,
      extraHosts: request.extraHosts,
      shmSize: request.shmSize,
      allowInsecure: request.allowInsecure,
      sourceDateEpoch: request.sourceDateEpoch,
      observer: { onBase: ({ stage, facts: found }) => void facts.set(stage, found) },
      signal,
    });
  } catch (error) {
    // What the checks have to say often explains the error.
    check();
    throw error;
  }
  return { plan, warnings: check() };
}

/** Steps run on this machine's processor, so other platforms can't be built for. */
function wantedPlatform(text: string, buildPlatform: Platform): Platform {
  const platform = parsePlatform(text);
  if (platformRank(buildPlatform, platform) !== undefined) return platform;
  throw new FirekilnError(
    'PLATFORM_INVALID',
    `--platform ${text}: this machine builds for ${formatPlatform(buildPlatform)} only`,
    { hint: `Build on a machine of that kind, or leave --platform out.` },
  );
}

interface CommitOptions {
  readonly request: BuildRequest;
  readonly services: BuildServices;
  readonly inputs: BuildInputs;
  readonly bases: Bases;
  readonly plan: Plan;
  readonly chain: Chain;
  readonly tags: readonly string[];
  /** All of the file system is one layer. */
  readonly isDisk: boolean;
}

async function commit(options: CommitOptions): Promise<StoredImage> {
  const { request, services, inputs, bases, plan, chain, tags, isDisk } = options;
  const { platform, author, config, history } = plan.image;
  const { target } = request;
  return await commitImage(services.store, {
    platform,
    author,
    config,
    history: isDisk ? history.map((entry) => ({ ...entry, empty_layer: true })) : history,
    layers: chain.layers,
    layerTimes: chain.times,
    layerNames: chain.names,
    tags,
    metadata: {
      version: 1,
      tags,
      provenance: {
        ...inputs.provenance,
        ...(target === undefined ? {} : { target }),
        bases: bases.found.map(({ name, origin, location, manifestDigest }) => ({
          name,
          origin,
          location,
          digest: manifestDigest satisfies Digest,
        })),
      },
      firekiln: services.version,
    },
  });
}
