import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../src/base/digest.ts';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import type { BuildServices } from '../../../src/build/build-services.ts';
import { hostPlatform } from '../../../src/formats/oci/platform.ts';
import { layoutSource } from '../../../src/images/sources/layout-source.ts';
import { type CaseBuilder, openCaseBuilder } from '../../support/build-cases/case-builder.ts';
import { layOutCase } from '../../support/build-cases/case-folder.ts';
import { openVmCaseBuilder } from '../../support/build-cases/vm-case-builder.ts';
import type { BuildCase } from '../../support/build-corpus.ts';
import { factsOfTree } from '../../support/facts-of-tree.ts';
import { serveFakeRegistry } from '../../support/fake-registry.ts';
import { makeBases } from './base-images.ts';
import { blameTheSame } from './blame-the-same.ts';
import { type BuildkitDaemon, startBuildkit } from './buildkit-daemon.ts';
import { compareOutcomes, type Difference } from './compare-outcomes.ts';
import { builtFrom, type Outcome, pathOf, replacedKey } from './outcome.ts';
import { refusalOf } from './refusal.ts';
import { startRemote } from './remote-server.ts';

/** Firekiln and BuildKit side by side, on the same base images. */
export interface BothBuilders extends AsyncDisposable {
  /** Builds with both and tells what differs. */
  compare(it: BuildCase): Promise<Comparison>;
  /** Seconds since the epoch: later times are those of builds. */
  readonly startedSec: number;
}

export interface Comparison {
  readonly ours: Outcome;
  readonly theirs: Outcome;
  readonly differences: readonly Difference[];
}

/** `runs`: whether there are steps to run in microVMs. The folder is the caller's to remove. */
export async function openBothBuilders(folder: string, { runs }: { readonly runs: boolean }): Promise<BothBuilders> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await serveFakeRegistry());
  const layoutOf = makeBases(join(folder, 'bases'), registry);
  const place = join(folder, 'firekiln');
  const firekiln = stack.use(await (runs ? openVmCaseBuilder(place, layoutOf) : openCaseBuilder(place, layoutOf)));
  const buildkit = stack.use(await startBuildkit(join(folder, 'buildkit'), registry.host));
  const remote = stack.use(await startRemote(join(folder, 'remote')));
  const cases = join(folder, 'cases');
  await mkdir(cases, { recursive: true });
  // BuildKit keeps files of heredocs from earlier builds, with their times.
  const startedSec = Math.floor(Date.now() / 1000);
  const owned = stack.move();
  return {
    startedSec,
    compare: async (wanted) => {
      const it = remote.addressed(wanted);
      const here = async (one: BuildCase) => await buildHere(firekiln, one, remote.fetchers(firekiln.bed.store));
      const work = await mkdtemp(join(cases, 'case-'));
      try {
        const [first, theirs] = await allOf([here(it), buildThere(buildkit, firekiln, it, work)]);
        const ours = await blameTheSame(first, theirs, it, here);
        return { ours, theirs, differences: compareOutcomes(ours, theirs, it, startedSec) };
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** Waits for both, also if one fails. */
async function allOf<A, B>([ours, theirs]: readonly [Promise<A>, Promise<B>]): Promise<readonly [A, B]> {
  await Promise.allSettled([ours, theirs]);
  return [await ours, await theirs];
}

async function buildHere(builder: CaseBuilder, it: BuildCase, services: Partial<BuildServices>): Promise<Outcome> {
  try {
    const image = await builder.build(it, services, true);
    using chain = await builder.bed.openTree(image.layers);
    const built = builtFrom(chain.tree, image.config);
    return hasSeveralHeredocs(it) ? { ...built, replaced: await replacedIn(builder, image.layers) } : built;
  } catch (error) {
    if (!isFirekilnError(error)) throw error;
    const ranges = error.source?.ranges ?? [];
    return { failed: true, lines: ranges.map(({ startLine }) => startLine), message: error.message, code: error.code };
  }
}

const hasSeveralHeredocs = ({ dockerfile }: BuildCase) => dockerfile.toString().split('<<').length > 2;

async function replacedIn({ bed }: CaseBuilder, layers: readonly Digest[]): Promise<ReadonlySet<string>> {
  const replaced = new Set<string>();
  for (let count = 1; count < layers.length; count++) {
    using chain = await bed.openTree(layers.slice(0, count));
    for (const facts of factsOfTree(chain.tree)) {
      if (facts.sha256 !== undefined) replaced.add(replacedKey(pathOf(facts), facts.sha256));
    }
  }
  return replaced;
}

const platform = hostPlatform();
const isReference = (place: string) => place.startsWith('docker-image://');

async function buildThere(
  buildkit: BuildkitDaemon,
  { bed }: CaseBuilder,
  it: BuildCase,
  work: string,
): Promise<Outcome> {
  const { context, dockerfile, named } = await layOutCase(it, work);
  const output = join(work, 'output');
  const folder = it.dockerfileName === undefined ? work : context;
  const options = {
    filename: dockerfile.slice(folder.length + 1),
    'no-cache': '',
    ...(it.target === undefined ? {} : { target: it.target }),
    ...Object.fromEntries(Object.entries(it.buildArgs).map(([name, value]) => [`build-arg:${name}`, value])),
    ...Object.fromEntries(
      [...named].map(([name, place]) => [`context:${name}`, isReference(place) ? place : `local:${name}`]),
    ),
  };
  const locals = {
    context,
    dockerfile: folder,
    ...Object.fromEntries([...named].filter(([, place]) => !isReference(place))),
  };
  const secrets = Object.keys(it.secrets);
  const { failed, stderr } = await buildkit.build(
    [
      ...Object.entries(options).flatMap(([name, value]) => ['--opt', `${name}=${value}`]),
      ...Object.entries(locals).flatMap(([name, path]) => ['--local', `${name}=${path}`]),
      ...secrets.flatMap((id) => ['--secret', `id=${id},env=SECRET_${id}`]),
      '--output',
      `type=oci,tar=false,dest=${output},compression=uncompressed,force-compression=true`,
    ],
    Object.fromEntries(secrets.map((id) => [`SECRET_${id}`, it.secrets[id] ?? ''])),
  );
  if (failed) return refusalOf(stderr);
  const lookup = { platform, fresh: false, emitter: silentEmitter };
  const image = await layoutSource(bed.store, output, {}).resolve('built', lookup);
  if (image === undefined) throw new Error('BuildKit wrote no layout');
  using chain = await bed.openTree(await image.layers({ node: '', emitter: silentEmitter }));
  return builtFrom(chain.tree, image.config);
}
