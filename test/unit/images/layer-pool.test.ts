import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import { layerTar, readFromBlob } from '../../../src/formats/layer-index/write-layer-tar.ts';
import { LayerPool } from '../../../src/images/layer-pool.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { LayerStore, Store } from '../../../src/store/store.ts';
import { digestOf } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

/** A store that counts how many layers were opened, and how many are open. */
function counting(store: Store) {
  const counts = { opened: 0, open: 0 };
  const layers: Pick<LayerStore, 'open'> = {
    open: async (diffId) => {
      const layer = await store.layers.open(diffId);
      counts.opened++;
      counts.open++;
      const dispose = () => {
        counts.open--;
        layer[Symbol.dispose]();
      };
      return { ...layer, [Symbol.dispose]: dispose };
    },
  };
  return { counts, store: { ...store, layers: { ...store.layers, ...layers } } as Store };
}

async function putLayer(store: Store, name: string, size = 1): Promise<Digest> {
  const { index, data } = new MemoryLayerBuilder().file(name, Buffer.alloc(size)).build();
  return (await store.layers.put(layerTar(index.entries(), readFromBlob(data)))).diffId;
}

describe('the open layers of a build', () => {
  it('are opened once for all who ask, and closed with the pool', async () => {
    await using real = await openStore({ dataDir: folder.path });
    const { store, counts } = counting(real);
    const diffIds = [await putLayer(real, 'a'), await putLayer(real, 'b')];
    const pool = new LayerPool(store);
    const used = await Promise.all([pool.open(diffIds), pool.open(diffIds), pool.open(diffIds.slice(1))]);
    expect(used.map(({ layers }) => layers.map(({ diffId }) => diffId))).toEqual([diffIds, diffIds, diffIds.slice(1)]);
    expect(counts.open).toBe(2);
    for (const one of used) one[Symbol.dispose]();
    const { opened } = counts;
    using again = await pool.open(diffIds);
    expect([again.layers.length, counts.opened]).toEqual([2, opened]);
    pool[Symbol.dispose]();
    expect(counts.open).toBe(2);
    again[Symbol.dispose]();
    expect(counts.open).toBe(0);
  });

  it('are given back where one is missing', async () => {
    await using real = await openStore({ dataDir: folder.path });
    const { store, counts } = counting(real);
    const pool = new LayerPool(store);
    const there = await putLayer(real, 'a');
    await expect(pool.open([there, digestOf('nowhere')])).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    pool[Symbol.dispose]();
    expect(counts).toEqual({ opened: 1, open: 0 });
  });

  it('are closed, those first that were not used for longest, when they could keep too much memory', async () => {
    await using real = await openStore({ dataDir: folder.path });
    const { store, counts } = counting(real);
    using pool = new LayerPool(store);
    const diffIds: Digest[] = [];
    // Each may keep half a megabyte of its data, and all together 64 MiB.
    for (let i = 0; i < 140; i++) diffIds.push(await putLayer(real, `file-${i}`, 512 * 1024));
    for (const diffId of diffIds) (await pool.open([diffId]))[Symbol.dispose]();
    expect(counts.open).toBeLessThanOrEqual(128);
    expect(counts.open).toBeGreaterThan(100);
    const { opened } = counts;
    (await pool.open(diffIds.slice(-100)))[Symbol.dispose]();
    expect(counts.opened).toBe(opened);
    (await pool.open(diffIds.slice(0, 1)))[Symbol.dispose]();
    expect(counts.opened).toBe(opened + 1);
  });
});
