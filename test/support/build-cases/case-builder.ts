import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { createEmitter, type FirekilnEvent } from '../../../src/base/events.ts';
import { openArchive } from '../../../src/build/archive-context.ts';
import { build } from '../../../src/build/build.ts';
import type { BuildRequest } from '../../../src/build/build-request.ts';
import type { BuildServices } from '../../../src/build/build-services.ts';
import { canonicalName } from '../../../src/formats/oci/reference.ts';
import { mergeLayers } from '../../../src/formats/tree/merged-tree.ts';
import type { Tree } from '../../../src/formats/tree/tree.ts';
import type { StoredImage } from '../../../src/images/image.ts';
import { openChain } from '../../../src/images/open-chain.ts';
import { layoutSource } from '../../../src/images/sources/layout-source.ts';
import type { FileDigests } from '../../../src/source/local/host-file.ts';
import { openLocalContext } from '../../../src/source/local/local-context.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { BuildCase } from '../build-corpus.ts';
import { corporaFolder } from '../corpora.ts';
import { layOutCase } from './case-folder.ts';

/** The names under which the cases use the one base image. */
const baseNames = [
  'busybox',
  'alpine',
  'debian',
  'ubuntu',
  'mirror.gcr.io/busybox',
  'mirror.gcr.io/alpine',
  'quay.io/libpod/busybox',
  'quay.io/libpod/centos',
];
const noDigests: FileDigests = { find: () => undefined, remember: () => {} };

/** Builds cases of the corpora in one store, from the base image that belongs to them. */
export interface CaseBuilder extends AsyncDisposable {
  readonly store: Store;
  build(it: BuildCase, services?: Partial<BuildServices>): Promise<StoredImage>;
  /** The file system of an image. To be disposed. */
  open(image: StoredImage): Promise<{ readonly base: Tree; readonly tree: Tree } & Disposable>;
}

/** `folder` is the caller's to remove. */
export async function openCaseBuilder(
  folder: string,
  onEvent: (event: FirekilnEvent) => void = () => {},
): Promise<CaseBuilder> {
  const layout = join(folder, 'base');
  execFileSync('python3', [join(corporaFolder ?? '', 'build/make-base.py'), layout], { stdio: 'pipe' });
  const emitter = createEmitter(onEvent, { module: 'test' });
  const store = await openStore({ dataDir: join(folder, 'data'), emitter });
  const base = layoutSource(store, layout, {});
  const refuse = async () => await Promise.reject(new Error('the cases fetch nothing'));
  const { signal } = new AbortController();
  const services: BuildServices = {
    store,
    emitter,
    signal,
    env: {},
    version: 'test',
    sources: {
      folder: ({ root, description, ignore }) => openLocalContext({ root, description, ignore, digests: noDigests }),
      git: refuse,
      http: refuse,
    },
    archives: async (stream, shown, aborted) => await openArchive(store, stream, shown, aborted),
    findImage: async (reference, options) => {
      const name = canonicalName(reference);
      const isKnown = baseNames.some((known) => canonicalName(known).split(':')[0] === name.split(':')[0]);
      const found = isKnown ? await base.resolve(name, options) : undefined;
      if (found === undefined) throw new FirekilnError('BASE_NOT_FOUND', `${reference} is not here`);
      return found;
    },
    executor: refuse,
    maxSegments: 16,
    segments: refuse,
    http: { identify: refuse, fetch: refuse },
    git: { resolve: refuse, checkout: refuse },
    resources: { vcpus: 1, memoryMiB: 512, scratchMiB: 4096 },
    exportImage: refuse,
  };

  return {
    store,
    build: async (it, more = {}) => {
      await mkdir(join(folder, 'cases'), { recursive: true });
      const place = await mkdtemp(join(folder, 'cases', 'case-'));
      try {
        const { context, dockerfile, named } = await layOutCase(it, place);
        const request: BuildRequest = {
          context,
          dockerfile,
          stdin: Readable.from([]),
          cwd: place,
          tags: [],
          target: it.target,
          buildArgs: new Map(Object.entries(it.buildArgs)),
          labels: new Map(),
          buildContexts: named,
          secrets: Object.keys(it.secrets).map((id) => ({ id, env: secretVariable(id) })),
          ssh: [],
          noCache: false,
          pull: false,
          network: 'default',
          extraHosts: [],
          allowInsecure: false,
          outputs: [],
          isolation: 'group',
          checkOnly: false,
          explain: false,
        };
        const secrets = Object.entries(it.secrets).map(([id, value]) => [secretVariable(id), value]);
        const { image } = await build(request, { ...services, env: Object.fromEntries(secrets), ...more });
        if (image === undefined) throw new Error('nothing was built');
        return image;
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
    open: async (image) => {
      const resolved = await base.resolve('busybox', {
        platform: { os: 'linux', architecture: 'amd64' },
        fresh: false,
        emitter,
        signal,
      });
      const layers = (await resolved?.layers({ node: '', emitter, signal })) ?? [];
      using stack = new DisposableStack();
      const below = stack.use(await openChain(store, layers));
      const whole = stack.use(await openChain(store, image.layers));
      const owned = stack.move();
      return {
        base: mergeLayers(below.layers),
        tree: mergeLayers(whole.layers),
        [Symbol.dispose]: () => owned.dispose(),
      };
    },
    [Symbol.asyncDispose]: async () => await store[Symbol.asyncDispose](),
  };
}

function secretVariable(id: string): string {
  return `SECRET_${id.toUpperCase()}`;
}
