import { chmod, mkdir, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byteStringFromText, textOf } from '../../../src/base/byte-string.ts';
import { hexOf } from '../../../src/base/digest.ts';
import { createEmitter, type FirekilnEvent } from '../../../src/base/events.ts';
import { runProcess } from '../../../src/base/process.ts';
import type { LayerIndex } from '../../../src/formats/tree/tree.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, inChunks, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

/** A tar of many small files, some folders and a link, made by the system's tar. */
async function makeTar(files = 300): Promise<Buffer> {
  const tree = join(folder.path, 'tree');
  await mkdir(join(tree, 'etc'), { recursive: true });
  await writeFile(join(tree, 'etc/os-release'), 'NAME=test\n');
  await symlink('os-release', join(tree, 'etc/link'));
  await mkdir(join(tree, 'data'));
  for (let i = 0; i < files; i++)
    await writeFile(join(tree, 'data', `file-${i}-${'x'.repeat(100)}`), someBytes(i * 7, i));
  const { stdout } = await runProcess('tar', { args: ['-C', tree, '-cf', '-', '.'], maxOutputBytes: 1 << 28 });
  return stdout;
}

function pathsOf(index: LayerIndex): string[] {
  return Array.from(index.entries(), ({ path }) => textOf(path));
}

describe('layer store', () => {
  it('stores a tar and its index in one pass', async () => {
    const tar = await makeTar();
    await using store = await openStore({ dataDir: join(folder.path, 'data-dir') });
    const info = await store.layers.put(inChunks(tar, 10_007));
    expect(info).toEqual({ diffId: digestOf(tar), size: tar.length, entryCount: 305 });
    expect(await store.layers.has(info.diffId)).toEqual(info);
    using layer = await store.layers.open(info.diffId);
    expect(layer).toMatchObject({ diffId: info.diffId, size: tar.length });
    expect(pathsOf(layer.index)).toHaveLength(305);
    const entry = layer.index.lookup(byteStringFromText('etc/os-release'));
    if (entry?.what.type !== 'inode') throw new Error('not found');
    const [extent] = entry.what.inode.data;
    const data = Buffer.alloc(extent?.length ?? 0);
    layer.data.read(data, extent?.blobOffset ?? 0);
    expect(data.toString()).toBe('NAME=test\n');
  });

  it('a tar that is none leaves nothing', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await expect(store.layers.put([someBytes(10_000)])).rejects.toMatchObject({ code: 'TAR_INVALID' });
    const tar = await makeTar(3);
    await expect(store.layers.put([tar], { expected: digestOf('other') })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
    expect(await store.content.list()).toEqual([]);
    expect(await readdir(join(store.root, 'indexes'))).toEqual([]);
  });

  it('what is missing, no layer, or damaged is not there', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([someBytes(3000)]);
    expect(await store.layers.has(digest)).toBeUndefined();
    expect(await store.layers.has(digestOf('missing'))).toBeUndefined();
    await expect(store.layers.open(digestOf('missing'))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(store.layers.open(digest)).rejects.toMatchObject({ code: 'TAR_INVALID' });
  });

  it('two who put the same layer share the work', async () => {
    const tar = await makeTar(3);
    const expected = digestOf(tar);
    await using store = await openStore({ dataDir: folder.path });
    await using other = await openStore({ dataDir: folder.path });
    let started = 0;
    async function* download() {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield tar;
    }
    const puts = [store, store, other].map(({ layers }) => layers.put(download(), { expected }));
    expect(new Set((await Promise.all(puts)).map(({ diffId }) => diffId))).toEqual(new Set([expected]));
    expect(started).toBe(1);
  });

  it('one whose download fails leaves the work to the other', async () => {
    const tar = await makeTar(3);
    const expected = digestOf(tar);
    await using store = await openStore({ dataDir: folder.path });
    let started = 0;
    async function* download() {
      yield tar.subarray(0, 1000);
      if (++started === 1) throw new Error('connection reset');
      yield tar.subarray(1000);
    }
    const results = await Promise.allSettled([1, 2].map(() => store.layers.put(download(), { expected })));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('an index that is lost or damaged anywhere is made again from the tar', async () => {
    const tar = await makeTar(800);
    const events: FirekilnEvent[] = [];
    const emitter = createEmitter((event) => events.push(event), { module: 'test' });
    await using store = await openStore({ dataDir: folder.path, emitter });
    const { diffId } = await store.layers.put([tar]);
    const path = join(store.root, 'indexes/v1', hexOf(diffId));
    const good = await readFile(path);
    using whole = await store.layers.open(diffId);
    const expected = pathsOf(whole.index);
    const restored = async () => (await readFile(path).catch(() => Buffer.alloc(0))).equals(good);
    await rm(path);
    {
      using layer = await store.layers.open(diffId);
      expect(pathsOf(layer.index)).toEqual(expected);
      await expect.poll(restored).toBe(true);
    }
    for (let at = 3; at < good.length; at += Math.floor(good.length / 15)) {
      await flipByte(path, at);
      using layer = await store.layers.open(diffId);
      expect(pathsOf(layer.index)).toEqual(expected);
      expect(layer.index.lookup(byteStringFromText('etc/link'))).toEqual(
        whole.index.lookup(byteStringFromText('etc/link')),
      );
      await expect.poll(restored).toBe(true);
    }
    expect(events).toEqual([]);
  });

  it('a walk goes on over an index that is damaged in its middle', async () => {
    const tar = await makeTar(800);
    await using store = await openStore({ dataDir: folder.path });
    const { diffId } = await store.layers.put([tar]);
    const path = join(store.root, 'indexes/v1', hexOf(diffId));
    using whole = await store.layers.open(diffId);
    const expected = pathsOf(whole.index);
    using layer = await store.layers.open(diffId);
    const found: string[] = [];
    const { size } = await stat(path);
    for (const { path: at } of layer.index.entries()) {
      found.push(textOf(at));
      if (found.length === 10) for (let i = 1; i < 20; i++) await flipByte(path, Math.floor((i * size) / 20));
    }
    expect(found).toEqual(expected);
  });

  it('goes with its index', async () => {
    const tar = await makeTar(3);
    {
      await using store = await openStore({ dataDir: folder.path });
      await store.layers.put([tar]);
    }
    await using store = await openStore({ dataDir: folder.path });
    const { removed } = await store.gc();
    expect(removed.map(({ key }) => key)).toEqual([digestOf(tar)]);
    expect(await readdir(join(store.root, 'indexes/v1'))).toEqual([]);
  });
});

async function flipByte(path: string, at: number): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x41;
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}
