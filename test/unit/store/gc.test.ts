import { mkdir, readdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/base/digest.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
type OpenStore = Awaited<ReturnType<typeof openStore>>;

/** Puts blobs, and forgets the protection that putting gives. */
async function putBlobs(...names: string[]) {
  await using store = await openStore({ dataDir: folder.path });
  const found: `sha256:${string}`[] = [];
  for (const name of names) found.push((await store.content.put([someBytes(100_000, name)])).digest);
  return found;
}

function removedKeys(report: { removed: readonly { type: string; key: string }[] }): string[] {
  return report.removed.map(({ type, key }) => `${type} ${key}`).sort();
}

async function isThere(store: OpenStore, digest: `sha256:${string}`): Promise<boolean> {
  return (await store.content.has(digest)) !== undefined;
}

describe('leases', () => {
  it('what is put is protected until the store is closed', async () => {
    await using other = await openStore({ dataDir: folder.path });
    const store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(10)]);
    await other.gc();
    expect(await isThere(other, digest)).toBe(true);
    await store[Symbol.asyncDispose]();
    expect(removedKeys(await other.gc())).toEqual([`blob ${digest}`]);
  });

  it('what is put or found while a lease is open is protected until it is closed', async () => {
    const [found, opened, looked] = await putBlobs('found', 'opened', 'looked');
    if (found === undefined || opened === undefined || looked === undefined) throw new Error('nothing put');
    await using other = await openStore({ dataDir: folder.path });
    await using store = await openStore({ dataDir: folder.path });
    expect(await isThere(store, looked)).toBe(true);
    const lease = await store.lease('build of app:1');
    const second = await store.lease('another');
    expect(await isThere(store, found)).toBe(true);
    (await store.content.open(opened))[Symbol.dispose]();
    const { digest } = await store.content.put([someBytes(10)]);
    expect(removedKeys(await other.gc())).toEqual([`blob ${looked}`]);
    await lease[Symbol.asyncDispose]();
    expect(removedKeys(await other.gc())).toEqual([]);
    await second[Symbol.asyncDispose]();
    expect(removedKeys(await store.gc())).toEqual([found, opened, digest].map((one) => `blob ${one}`).sort());
    await expect(lease.hold(found)).rejects.toThrow('closed');
  });

  it('holding what is not there yet protects it from the moment it is', async () => {
    await using other = await openStore({ dataDir: folder.path });
    await using store = await openStore({ dataDir: folder.path });
    await using lease = await store.lease('pull');
    const [digest] = [digestOf(someBytes(100_000, 'x'))];
    await lease.hold(digest);
    await putBlobs('x');
    expect(removedKeys(await other.gc())).toEqual([]);
    expect(await isThere(other, digest)).toBe(true);
  });

  it('pins protect blobs and artifacts beyond the process', async () => {
    const [blob] = await putBlobs('pinned');
    if (blob === undefined) throw new Error('nothing put');
    const key = digestOf('segment');
    {
      await using store = await openStore({ dataDir: folder.path });
      await store.artifacts.ensure('segment', key, async (path) => await writeFile(path, 'x'), { refs: [blob] });
      await store.pins.set('vm:1', [blob, key]);
    }
    await using store = await openStore({ dataDir: folder.path });
    await store.gc({ types: ['segment', 'pin'] });
    expect(await isThere(store, blob)).toBe(true);
    expect(await store.artifacts.find('segment', key)).toBeDefined();
    await store.pins.remove('vm:1');
    expect(removedKeys(await store.gc())).toEqual([`blob ${blob}`, `segment ${key}`]);
  });
});

describe('gc', () => {
  it('removes what nothing refers to, and a dry run only says so', async () => {
    const [manifest, layer, cached, garbage] = await putBlobs('manifest', 'layer', 'cached', 'garbage');
    if (manifest === undefined || layer === undefined || cached === undefined) throw new Error('nothing put');
    await using store = await openStore({ dataDir: folder.path });
    await store.images.tag(['app:1'], { manifest, refs: [layer] });
    await store.cache.put(digestOf('key'), { value: 1, refs: [cached, layer], label: 'RUN make' });
    const planned = await store.gc({ dryRun: true });
    expect(removedKeys(planned)).toEqual([`blob ${garbage}`]);
    expect((await store.content.list()).length).toBe(4);
    const done = await store.gc();
    expect(done).toEqual(planned);
    expect(done.freedBytes).toBeGreaterThanOrEqual(100_000);
    expect(done.keptBytes).toBe((await store.usage()).totalBytes);
    expect((await store.content.list()).map(({ digest }) => digest)).toEqual([manifest, layer, cached].sort());
    expect((await readdir(join(store.root, 'sums'))).length).toBe(3);
    expect(await readdir(join(store.root, 'trash'))).toEqual([]);
    // An image that is untagged leaves what the cache still knows.
    await store.images.untag('app:1');
    expect(removedKeys(await store.gc())).toEqual([`blob ${manifest}`]);
    expect(removedKeys(await store.gc({ types: ['cache'] }))).toEqual(
      [`blob ${layer}`, `blob ${cached}`, `cache ${digestOf('key')}`].sort(),
    );
  });

  it('segments go with the layers they were made from', async () => {
    const [layer] = await putBlobs('layer');
    if (layer === undefined) throw new Error('nothing put');
    const keys = [digestOf('of layer'), digestOf('of nothing')] as const;
    {
      await using store = await openStore({ dataDir: folder.path });
      const make = async (path: string) => await writeFile(path, 'x');
      await store.artifacts.ensure('segment', keys[0], make, { refs: [layer] });
      await store.artifacts.ensure('kernel', keys[1], make);
    }
    await using store = await openStore({ dataDir: folder.path });
    await store.images.tag(['app:1'], { manifest: layer, refs: [] });
    expect(removedKeys(await store.gc())).toEqual([]);
    await store.images.untag('app:1');
    expect(removedKeys(await store.gc())).toEqual([`blob ${layer}`, `segment ${keys[0]}`].sort());
    expect(removedKeys(await store.gc({ types: ['kernel'] }))).toEqual([`kernel ${keys[1]}`]);
  });

  it('by age takes what was not used for so long, whatever the clock did before', async () => {
    let now = 0;
    const hour = 3_600_000;
    await using store = await openStore({ dataDir: folder.path, now: () => now });
    const put = async (name: string) => await store.cache.put(digestOf(name), { value: 1, refs: [], label: name });
    now = 100 * hour;
    await put('old');
    now = 900 * hour;
    await put('from the future');
    now = 120 * hour;
    await put('fresh');
    await store.cache.get(digestOf('fresh'));
    now = 125 * hour;
    const labels = async (unusedForMs: number) =>
      (await store.gc({ unusedForMs })).removed.map(({ label, reason }) => `${label}: ${reason}`).sort();
    expect(await labels(24 * hour)).toEqual(['old: policy']);
    now = 140 * hour;
    expect(await labels(14 * hour)).toEqual(['fresh: policy', 'from the future: policy']);
  });

  it('by size takes the least recently used first', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const digests = await putBlobs(...names);
    await using store = await openStore({ dataDir: folder.path });
    for (const [i, name] of names.entries()) {
      const digest = digests[i];
      if (digest !== undefined) await store.cache.put(digestOf(name), { value: 1, refs: [digest], label: name });
    }
    await store.cache.get(digestOf('a'));
    const { totalBytes } = await store.usage();
    const report = await store.gc({ keepBytes: totalBytes - 150_000 });
    expect(
      report.removed.flatMap(({ type, label, reason }) => (type === 'cache' ? [`${label} ${reason}`] : [])),
    ).toEqual(['b size', 'c size']);
    expect(report.keptBytes).toBeLessThanOrEqual(totalBytes - 150_000);
  });

  it('leaves cache mounts that are in use', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const make = async (path: string) => await writeFile(path, someBytes(5000));
    await using _used = await store.cacheMounts.acquire('used', { make, sharing: 'locked' });
    await (await store.cacheMounts.acquire('idle', { make, sharing: 'locked' }))[Symbol.asyncDispose]();
    const report = await store.gc({ types: ['cachemount'] });
    expect(report.removed.map(({ type, bytes }) => `${type} ${bytes}`)).toEqual(['cachemount 8192']);
    expect((await store.cacheMounts.list()).map(({ id }) => id)).toEqual(['used']);
  });

  it('counts sparse files by what they take', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const make = async (path: string) => {
      await writeFile(path, someBytes(4096));
      await truncate(path, 10 * 1024 ** 3);
    };
    await store.artifacts.ensure('segment', digestOf('sparse'), make);
    expect((await store.usage()).types.find(({ type }) => type === 'segment')).toMatchObject({ count: 1, bytes: 4096 });
  });

  it('removes what was found damaged, and records of what is gone', async () => {
    const [digest] = await putBlobs('x');
    if (digest === undefined) throw new Error('nothing put');
    await using store = await openStore({ dataDir: folder.path });
    await store.cache.put(digestOf('key'), { value: 1, refs: [digest], label: '' });
    await store.images.tag(['app:1'], { manifest: digest, refs: [] });
    await rename(join(store.root, 'blobs/sha256', hexOf(digest)), join(store.root, 'damaged', hexOf(digest)));
    const report = await store.gc();
    expect(report.removed.map(({ type, reason }) => `${type} ${reason}`).sort()).toEqual([
      'blob damaged',
      'blob unreferenced',
      'cache damaged',
    ]);
    expect(await store.images.list()).toHaveLength(1);
  });

  it('what a living process has not finished is left alone', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await using other = await openStore({ dataDir: folder.path });
    await using temporary = await store.temporaryFolder();
    await writeFile(join(temporary.path, 'scratch'), someBytes(10));
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow() {
      yield someBytes(200_000);
      await gate;
      yield someBytes(200_000, 2);
    }
    const put = store.content.put(slow());
    expect(removedKeys(await other.gc())).toEqual([]);
    release();
    await store.content.verify((await put).digest);
    expect(await readdir(temporary.path)).toEqual(['scratch']);
  });

  it('what is left of sessions that are gone is reclaimed', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { root } = store;
    const dead = join(root, 'sessions', 'abcdefabcdefabcdefabcdef');
    await mkdir(dead);
    await writeFile(join(dead, 'half'), someBytes(10_000));
    await writeFile(`${dead}.lock`, '');
    expect(await store.gc({ dryRun: true })).toMatchObject({ removed: [{ type: 'temporary', reason: 'abandoned' }] });
    expect(await store.gc()).toMatchObject({ removed: [{ type: 'temporary', key: dead, reason: 'abandoned' }] });
    expect(await readdir(join(root, 'sessions'))).toEqual([]);
    await mkdir(dead);
    await using _lease = await store.lease('the next command');
    await using temporary = await store.temporaryFolder();
    expect(temporary.path).toContain('sessions');
    expect(await readdir(join(root, 'sessions'))).not.toContain('abcdefabcdefabcdefabcdef');
  });
});

describe('usage', () => {
  it('says what images share and own', async () => {
    const [base, one, two, m1, m2, loose] = await putBlobs('base', 'one', 'two', 'm1', 'm2', 'loose');
    if (base === undefined || one === undefined || two === undefined || m1 === undefined || m2 === undefined) {
      throw new Error('nothing put');
    }
    await using store = await openStore({ dataDir: folder.path });
    await store.images.tag(['one:1', 'one:latest'], { manifest: m1, refs: [base, one] });
    await store.images.tag(['two:1'], { manifest: m2, refs: [base, two] });
    const make = async (path: string) => await writeFile(path, someBytes(8192));
    await store.artifacts.ensure('segment', digestOf('segment'), make, { refs: [base] });
    await store.artifacts.ensure('segment', digestOf('segment of one'), make, { refs: [base, one] });
    const usage = await store.usage();
    const blob = 102_400 + 4096;
    expect(usage.images).toEqual([
      { name: 'one:1', manifest: m1, bytes: 3 * blob + 16384, sharedBytes: blob + 8192, ownBytes: 2 * blob + 8192 },
      {
        name: 'one:latest',
        manifest: m1,
        bytes: 3 * blob + 16384,
        sharedBytes: blob + 8192,
        ownBytes: 2 * blob + 8192,
      },
      { name: 'two:1', manifest: m2, bytes: 3 * blob + 8192, sharedBytes: blob + 8192, ownBytes: 2 * blob },
    ]);
    expect(usage.types.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(usage.totalBytes);
    const ofType = (type: string) => usage.types.find((one) => one.type === type);
    expect(ofType('image')).toEqual({ type: 'image', count: 3, bytes: 5 * blob, reclaimableBytes: 5 * blob });
    expect(ofType('blob')).toEqual({ type: 'blob', count: 1, bytes: blob, reclaimableBytes: blob });
    expect(ofType('segment')).toMatchObject({ count: 2, bytes: 16384, reclaimableBytes: 0 });
    expect(loose).toBeDefined();
  });
});
