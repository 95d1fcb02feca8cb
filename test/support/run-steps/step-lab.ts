import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, openApp } from '../../../src/app/app.ts';
import { openAppliance } from '../../../src/app/appliance.ts';
import { openExecutor } from '../../../src/app/executor.ts';
import { openMachines } from '../../../src/app/machines.ts';
import type { Digest } from '../../../src/base/digest.ts';
import { createEmitter, type FirekilnEvent, silentEmitter } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import type { ExecRequest, ExecSegment, ExecStep, Executor } from '../../../src/executor/executor.ts';
import { layerTar } from '../../../src/formats/layer-index/write-layer-tar.ts';
import type { LayerEntry } from '../../../src/formats/tree/entry.ts';
import { fileChunks } from '../../../src/formats/tree/file-data.ts';
import type { Tree } from '../../../src/formats/tree/tree.ts';
import { bootGuest } from '../../../src/guest/boot-guest.ts';
import type { Guest } from '../../../src/guest/guest.ts';
import { ensureSegments } from '../../../src/images/segments/ensure-segments.ts';
import type { Store } from '../../../src/store/store.ts';
import type { DriveSpec } from '../../../src/vm/driver.ts';
import { oldTree } from '../run-layers/compare-with-goldens.ts';

/** Kept for the next run: setting up takes a while, and the clock is measured once per boot of the host. */
const dataDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'data');
const resources = { vcpus: 1, memoryMiB: 256, scratchMiB: 64 };

/** The real executor over a base of two layers: programs, and above them the tree of make-old-tree.sh. */
export interface StepLab extends AsyncDisposable {
  readonly store: Store;
  readonly folder: string;
  readonly executor: Executor;
  /** DiffIDs of the base. */
  readonly base: readonly Digest[];
  readonly segments: readonly ExecSegment[];
  /** What steps said, by node. */
  readonly output: Map<string, string>;
  readonly events: FirekilnEvent[];
  request(steps: readonly ExecStep[], change?: Partial<ExecRequest>): ExecRequest;
  boot(drives: readonly DriveSpec[]): Promise<Guest>;
  /** `path kind` of each entry of a layer. */
  entries(layer: Digest): Promise<string[]>;
}

export async function openStepLab(): Promise<StepLab> {
  await using cleanUp = new AsyncDisposableStack();
  const app: App = cleanUp.use(openApp({ dataDir, progress: 'quiet' }));
  const folder = await mkdtemp(join(tmpdir(), 'fks-'));
  cleanUp.defer(async () => await rm(folder, { recursive: true, force: true }));
  const store = await app.store();
  cleanUp.use(await store.lease('test of steps'));
  const appliance = await openAppliance(app);
  const { driver } = await openMachines(app, { appliance });
  const { executor } = await openExecutor(app);
  const base = [await toolsLayer(store, folder), await oldLayer(store)];
  const segments = await ensureSegments(store, base, { maxSegments: 2, emitter: silentEmitter });
  const output = new Map<string, string>();
  const events: FirekilnEvent[] = [];
  const emitter = createEmitter(
    (event) => {
      events.push(event);
      if (event.event === 'node.log') {
        output.set(event.node, (output.get(event.node) ?? '') + Buffer.from(event.data).toString());
      }
    },
    { module: 'test' },
  );
  const rest = cleanUp.move();
  let boots = 0;
  return {
    store,
    folder,
    executor,
    base,
    segments,
    output,
    events,
    request: (steps, change = {}) => ({ segments, parent: base, steps, resources, emitter, ...change }),
    boot: async (drives) =>
      await bootGuest({
        driver,
        appliance,
        id: `steps-${process.pid}-${++boots}`,
        purpose: 'build',
        vcpus: 1,
        memoryMiB: resources.memoryMiB,
        drives,
        network: undefined,
        hostname: 'test',
        runDir: join(folder, `b${boots}`),
        bootTimeoutMs: 300_000,
        emitter,
      }),
    entries: async (diffId) => {
      using layer = await store.layers.open(diffId);
      return [...layer.index.entries()].map((entry) => `${entry.path} ${kindOf(entry)}`);
    },
    [Symbol.asyncDispose]: async () => await rest.disposeAsync(),
  };
}

function kindOf({ what }: LayerEntry): string {
  return what.type === 'inode' ? what.inode.kind : what.type;
}

async function toolsLayer(store: Store, folder: string): Promise<Digest> {
  const tree = join(folder, 'tools');
  mkdirSync(tree);
  await runProcess(join(import.meta.dirname, '../run-layers/make-tools-tree.sh'), { args: [tree], timeoutMs: 60_000 });
  const { stdout } = await runProcess('tar', {
    args: [
      '-C',
      tree,
      '--sort=name',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mtime=@1500000000',
      '-cf',
      '-',
      '.',
    ],
    maxOutputBytes: 1 << 26,
  });
  return (await store.layers.put([stdout])).diffId;
}

async function oldLayer(store: Store): Promise<Digest> {
  const tree = oldTree();
  return (
    await store.layers.put(layerTar(entriesOf(tree), (inode) => fileChunks(tree, { ...inode, key: 0, layer: 0 })))
  ).diffId;
}

/** A tree of one layer as that layer. */
function entriesOf(tree: Tree): Iterable<LayerEntry> {
  const [only] = tree.layers;
  if (only === undefined) throw new Error('the tree has no layer');
  return only.index.entries();
}
