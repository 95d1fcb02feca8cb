import { copyFile, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { repairStore } from '../../../src/store/repair-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const numRuns = process.env.FIREKILN_TEST_FULL ? 3000 : 150;

describe('a database with flipped or lost bytes', () => {
  it('is refused by name or gives what was recorded, never something else', async () => {
    const dataDir = folder.path;
    const { images, keys, path } = await filledStore(dataDir);
    const size = (await stat(path)).size;
    await copyFile(path, `${path}.good`);
    const flips = fc.array(fc.record({ at: fc.nat(size - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 });
    const cut = fc.option(fc.nat(size), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(flips, cut, async (flips, cut) => {
        await damage(path, flips, cut);
        try {
          await using store = await openStore({ dataDir, emitter: silentEmitter });
          for (const [name, manifest] of images) {
            const image = await orDamaged(store.images.resolve(name));
            if (image !== undefined) expect(image).toMatchObject({ name, manifest, refs: [] });
          }
          for (const key of keys) {
            const record = await orDamaged(store.cache.get(key));
            if (record !== undefined) expect(record.value).toBe(key);
          }
          await orDamaged(store.images.list());
          await orDamaged(store.usage());
          await orDamaged(store.gc());
          // Whatever gc makes of such records, it never takes what an image had.
          for (const manifest of images.values()) expect(await store.content.has(manifest)).toBeDefined();
          await orDamaged(store.cache.put(digestOf('new'), { value: 1, refs: [], label: 'new' }));
        } catch (error) {
          if (!isFirekilnError(error, 'STORE_DAMAGED')) throw error;
          expect(error.message).toContain(path);
        }
      }),
      { numRuns },
    );
  }, 600_000);
});

describe('repairing a store', () => {
  it('keeps what can be read, and nothing else', async () => {
    const dataDir = folder.path;
    const { images, keys, path } = await filledStore(dataDir);
    const size = (await stat(path)).size;
    await copyFile(path, `${path}.good`);
    const flips = fc.array(fc.record({ at: fc.nat(size - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(flips, fc.option(fc.nat(size), { nil: undefined }), async (flips, cut) => {
        await damage(path, flips, cut);
        const { kept, movedTo } = await repairStore({ dataDir });
        await using store = await openStore({ dataDir });
        const listed = await store.images.list();
        expect(listed.length).toBe(kept.filter(({ kind }) => kind === 'image').length);
        for (const { name, manifest } of listed) expect(images.get(name)).toBe(manifest);
        for (const key of keys) expect([key, undefined]).toContain((await store.cache.get(key))?.value);
        await rm(movedTo, { recursive: true });
      }),
      { numRuns },
    );
  }, 600_000);

  it('a whole one loses nothing', async () => {
    const { images, keys } = await filledStore(folder.path);
    const before = await recordsOf(folder.path);
    expect((await repairStore({ dataDir: folder.path })).kept).toHaveLength(images.size + keys.length);
    expect(await recordsOf(folder.path)).toEqual(before);
  });

  it('waits for nobody', async () => {
    await using _store = await openStore({ dataDir: folder.path });
    await expect(repairStore({ dataDir: folder.path })).rejects.toMatchObject({ code: 'STORE_BUSY' });
  });

  it('a lost database is noticed, not taken for an empty store', async () => {
    const { path } = await filledStore(folder.path);
    await rm(path);
    await expect(openStore({ dataDir: folder.path })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect((await repairStore({ dataDir: folder.path })).kept).toEqual([]);
    await using store = await openStore({ dataDir: folder.path });
    expect(await store.content.list()).toHaveLength(20);
  });
});

async function recordsOf(dataDir: string) {
  await using store = await openStore({ dataDir });
  const cache = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => await store.cache.get(digestOf(`key ${i}`))),
  );
  return { images: await store.images.list(), cache: cache.map((record) => ({ ...record, usedAt: 0 })) };
}

async function filledStore(dataDir: string) {
  await using store = await openStore({ dataDir });
  const images = new Map<string, Digest>();
  const keys = Array.from({ length: 60 }, (_, i) => digestOf(`key ${i}`));
  for (let i = 0; i < 20; i++) {
    const { digest } = await store.content.put([someBytes(20, i)]);
    images.set(`app:${i}`, digest);
    await store.images.tag([`app:${i}`], { manifest: digest, refs: [] });
  }
  for (const key of keys) await store.cache.put(key, { value: key, refs: [], label: 'x'.repeat(100) });
  return { images, keys, path: join(store.root, 'records.db') };
}

async function damage(path: string, flips: readonly { at: number; byte: number }[], cut: number | undefined) {
  for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true });
  await copyFile(`${path}.good`, path);
  const file = await open(path, 'r+');
  try {
    for (const { at, byte } of flips) await file.write(Buffer.of(byte), 0, 1, at);
    if (cut !== undefined) await file.truncate(cut);
  } finally {
    await file.close();
  }
}

/** What was asked for, or undefined if it is known to be damaged. */
async function orDamaged<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isFirekilnError(error, 'STORE_DAMAGED')) return undefined;
    throw error;
  }
}
