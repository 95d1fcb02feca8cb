import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type Digest, sha256 } from '../../src/base/digest.ts';
import { FirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { createEmitter, type FirekilnEvent } from '../../src/base/events.ts';
import { openArchive } from '../../src/build/archive-context.ts';
import { build } from '../../src/build/build.ts';
import type { BuildRequest } from '../../src/build/build-request.ts';
import type { BuildServices } from '../../src/build/build-services.ts';
import { layerTar, readFromBlob } from '../../src/formats/layer-index/write-layer-tar.ts';
import { mergeLayers } from '../../src/formats/tree/merged-tree.ts';
import type { LayerContent, Tree } from '../../src/formats/tree/tree.ts';
import type { StoredImage } from '../../src/images/image.ts';
import { openChain } from '../../src/images/open-chain.ts';
import type { FileDigests } from '../../src/source/local/host-file.ts';
import { openLocalContext } from '../../src/source/local/local-context.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { factsOfTree, type TreeFacts } from './facts-of-tree.ts';
import { FakeExecutor } from './fake-executor.ts';

const noDigests: FileDigests = { find: () => undefined, remember: () => {} };

/** The build service on a real store, without VMs and network. */
export interface BuildBed extends AsyncDisposable {
  readonly store: Store;
  readonly executor: FakeExecutor;
  /** Of the last build. */
  readonly events: FirekilnEvent[];
  /** Names of nodes that were told of in the last build by an event such as `started`, in order. */
  told(event: 'started' | 'cached' | 'finished' | 'failed'): string[];
  /** `images` are layers by reference; how often each was brought is counted in `brought`. */
  readonly images: Map<string, readonly LayerContent[]>;
  readonly brought: string[];
  build(request: Partial<BuildRequest>, services?: Partial<BuildServices>): Promise<StoredImage>;
  /** A build of a text, with the files of a fresh context. */
  buildText(
    dockerfile: string,
    files?: Readonly<Record<string, string | Uint8Array>>,
    request?: Partial<BuildRequest>,
    services?: Partial<BuildServices>,
  ): Promise<StoredImage>;
  facts(image: StoredImage): Promise<ReadonlyMap<string, TreeFacts>>;
  openTree(layers: readonly Digest[]): Promise<{ readonly tree: Tree } & Disposable>;
}

/** `folder` is the caller's to remove. */
export async function openBuildBed(
  folder: string,
  own: (store: Store) => Partial<BuildServices> = () => ({}),
): Promise<BuildBed> {
  const events: FirekilnEvent[] = [];
  const emitter = createEmitter((event) => events.push(event), { module: 'test' });
  const store = await openStore({ dataDir: join(folder, 'data'), emitter });
  const executor = new FakeExecutor(store);
  const images = new Map<string, readonly LayerContent[]>();
  const brought: string[] = [];
  const refuse = async () => await Promise.reject(new Error('not to be used here'));

  const diffIdsOf = async (layers: readonly LayerContent[]): Promise<Digest[]> => {
    const diffIds: Digest[] = [];
    for (const { index, data } of layers) {
      diffIds.push((await store.layers.put(layerTar(index.entries(), readFromBlob(data)))).diffId);
    }
    return diffIds;
  };

  const services: BuildServices = {
    store,
    emitter,
    signal: new AbortController().signal,
    env: {},
    version: 'test',
    sources: {
      folder: ({ root, description, ignore }) => openLocalContext({ root, description, ignore, digests: noDigests }),
      git: refuse,
      http: refuse,
    },
    archives: async (stream, shown, signal) => await openArchive(store, stream, shown, signal),
    findImage: async (reference) => {
      const layers = images.get(reference);
      if (layers === undefined) throw new FirekilnError('BASE_NOT_FOUND', `${reference} is not here`);
      const diff_ids = await diffIdsOf(layers);
      return {
        name: reference,
        origin: 'oci-layout',
        location: 'memory',
        manifestDigest: sha256(reference),
        config: { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids } },
        layers: async () => {
          brought.push(reference);
          return await diffIdsOf(layers);
        },
      };
    },
    executor: async () => executor,
    maxSegments: 16,
    segments: async (layers) => [{ key: sha256(layers.join()), path: '/no/such/segment' }],
    http: { identify: refuse, fetch: refuse },
    git: { resolve: refuse, checkout: refuse },
    resources: { vcpus: 1, memoryMiB: 512, scratchMiB: 4096 },
    diskGrowth: undefined,
    checkInPlace: async () => {},
    bootBase: refuse,
    exportImage: refuse,
    ...own(store),
  };

  const bed: BuildBed = {
    store,
    executor,
    events,
    images,
    brought,
    told: (wanted) => {
      const names = new Map<string, string>();
      const told: string[] = [];
      for (const it of events) {
        if (it.event === 'node.started' || it.event === 'node.cached') names.set(it.node, it.name);
        if (it.event === `node.${wanted}` && 'node' in it) told.push(names.get(it.node) ?? it.node);
      }
      return told;
    },
    build: async (request, more = {}) => {
      events.length = 0;
      const whole: BuildRequest = {
        stdin: Readable.from([]),
        cwd: folder,
        tags: [],
        buildArgs: new Map(),
        labels: new Map(),
        buildContexts: new Map(),
        secrets: [],
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
        ...request,
      };
      const { image } = await build(whole, { ...services, ...more });
      if (image === undefined) throw new Error('nothing was built');
      return image;
    },
    buildText: async (dockerfile, files = {}, request = {}, more = {}) => {
      const place = await mkdtemp(join(folder, 'context-'));
      const context = join(place, 'context');
      await mkdir(context);
      await writeFile(join(place, 'Dockerfile'), dockerfile);
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(context, name)), { recursive: true });
        await writeFile(join(context, name), content);
      }
      return await bed.build({ context, dockerfile: join(place, 'Dockerfile'), ...request }, more);
    },
    facts: async (image) => {
      using opened = await bed.openTree(image.layers);
      return new Map(factsOfTree(opened.tree).map((it) => [`/${it.path}`, it]));
    },
    openTree: async (layers) => {
      const chain = await openChain(store, layers);
      return { tree: mergeLayers(chain.layers), [Symbol.dispose]: () => chain[Symbol.dispose]() };
    },
    [Symbol.asyncDispose]: async () => await store[Symbol.asyncDispose](),
  };
  return bed;
}
