import { throwIfAborted } from '../../base/abort.ts';
import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { segmentView } from '../../formats/tree/segment-view.ts';
import type { Store } from '../../store/store.ts';
import { writeExt4File } from '../ext4-file.ts';
import type { Segment, SegmentsOptions } from '../image.ts';
import { openChain } from '../open-chain.ts';
import { segmentKey } from './segment-key.ts';
import { type LayerRun, segmentRuns } from './segment-runs.ts';
import { emptySource, segmentSource } from './segment-source.ts';

/**
 * The chain as read-only ext4 images, from the bottom up; those that are there already, for this or another chain, are
 * taken as they are. A chain without layers gives one empty segment, so that there is always something to lay a folder
 * for changes over. Throws BLOB_MISSING, and EXT4_LIMIT for what ext4 can't hold.
 */
export async function ensureSegments(
  store: Store,
  layers: readonly Digest[],
  options: SegmentsOptions,
): Promise<readonly Segment[]> {
  if (layers.length === 0) return [await emptySegment(store, options)];
  const runs = segmentRuns(await sizesOf(store, layers), options.maxSegments);
  const segments: Segment[] = [];
  for (const run of runs) segments.push(await ensureSegment(store, layers, run, options));
  return segments;
}

async function ensureSegment(
  store: Store,
  layers: readonly Digest[],
  run: LayerRun,
  { emitter, signal }: SegmentsOptions,
): Promise<Segment> {
  throwIfAborted(signal, 'making segments');
  const { from, to } = run;
  const key = await segmentKey(store, layers, run);
  const label = to - from === 1 ? `layer ${to}` : `layers ${from + 1} to ${to}`;
  const path = await store.artifacts.ensure(
    'segment',
    key,
    async (temporary, makeSignal) => {
      emitter.message('debug', `making a segment of ${label} of ${layers.length}`);
      // Opened here and not by who asked first: that one may give up while others wait.
      using chain = await openChain(store, layers.slice(0, to));
      const source = segmentSource(segmentView(chain.layers, from, to));
      await writeExt4File(source, temporary, { identity: key, signal: makeSignal });
    },
    { signal, refs: layers.slice(from, to), label },
  );
  return { key, path, from, to };
}

async function emptySegment(store: Store, { signal }: SegmentsOptions): Promise<Segment> {
  const key = await segmentKey(store, [], { from: 0, to: 0 });
  const path = await store.artifacts.ensure(
    'segment',
    key,
    async (temporary, makeSignal) => {
      await writeExt4File(emptySource, temporary, { identity: key, signal: makeSignal });
    },
    { signal, label: 'no layers' },
  );
  return { key, path, from: 0, to: 0 };
}

async function sizesOf(store: Store, layers: readonly Digest[]): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (const diffId of layers) {
    const info = await store.content.has(diffId);
    if (info === undefined) throw new FirekilnError('BLOB_MISSING', `the layer ${diffId} is not in the store`);
    sizes.push(info.size);
  }
  return sizes;
}
