import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storeLayout } from '../../../src/store/layout.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { enterStore, type StoreFormat } from '../../../src/store/store-format.ts';
import { someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

describe('the format of a store', () => {
  it('is written down, in folders of the owner only', async () => {
    await using store = await openStore({ dataDir: join(folder.path, 'new', 'place') });
    expect(await readFile(join(store.root, 'format.json'), 'utf8')).toBe('{"format":"firekiln-store","version":1}\n');
    for (const name of ['', 'blobs', 'artifacts', 'sessions']) {
      expect((await stat(join(store.root, name))).mode & 0o777).toBe(0o700);
    }
  });

  it('a newer one is refused by name', async () => {
    const { root } = await filledStore();
    await writeFile(join(root, 'format.json'), '{"format":"firekiln-store","version":2}');
    await expect(openStore({ dataDir: folder.path })).rejects.toMatchObject({
      code: 'STORE_NEWER',
      message: expect.stringContaining('has format 2; this version of Firekiln knows formats up to 1'),
    });
  });

  it('one too old is refused by name', async () => {
    const { root } = await filledStore();
    await expect(enterStore(storeLayout(folder.path), { current: 3, migrations: new Map() })).rejects.toMatchObject({
      code: 'STORE_OUTDATED',
      message: expect.stringContaining(`${root} has format 1`),
    });
  });

  it.each([
    '',
    'x',
    '[]',
    'null',
    '{"format":"firekiln-store"}',
    '{"format":"other","version":1}',
    '{"format":"firekiln-store","version":"1"}',
    '{"format":"firekiln-store","version":-1}',
  ])('%j in the place of the format is not taken for one', async (text) => {
    const { root } = await filledStore();
    await writeFile(join(root, 'format.json'), text);
    await expect(openStore({ dataDir: folder.path })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it('content without a format is not taken for a new store', async () => {
    const { root } = await filledStore();
    await rm(join(root, 'format.json'));
    await expect(openStore({ dataDir: folder.path })).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  it('a creation that was killed is taken up', async () => {
    const { root } = await openAndClose();
    await rm(join(root, 'format.json'));
    await using store = await openStore({ dataDir: folder.path });
    expect(await store.images.list()).toEqual([]);
  });

  it('an older one is migrated step by step, once, by whoever comes first', async () => {
    const { root } = await filledStore();
    const steps: string[] = [];
    const step = (name: string) => async () => {
      steps.push(name);
      await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const format: StoreFormat = {
      current: 3,
      migrations: new Map([
        [1, step('1 to 2')],
        [2, step('2 to 3')],
      ]),
    };
    const locks = await Promise.all([1, 2, 3].map(() => enterStore(storeLayout(folder.path), format)));
    for (const lock of locks) await lock[Symbol.asyncDispose]();
    expect(steps).toEqual(['1 to 2', '2 to 3']);
    expect(await readFile(join(root, 'format.json'), 'utf8')).toContain('"version":3');
    await expect(openStore({ dataDir: folder.path })).rejects.toMatchObject({ code: 'STORE_NEWER' });
  });

  it('a migration that fails is taken up where it stopped', async () => {
    await filledStore();
    const steps: string[] = [];
    let broken = true;
    const format: StoreFormat = {
      current: 3,
      migrations: new Map([
        [1, async () => void steps.push('1')],
        [
          2,
          async () => {
            steps.push('2');
            if (broken) throw new Error('no room');
          },
        ],
      ]),
    };
    await expect(enterStore(storeLayout(folder.path), format)).rejects.toThrow('no room');
    broken = false;
    await using _lock = await enterStore(storeLayout(folder.path), format);
    expect(steps).toEqual(['1', '2', '2']);
  });

  it('is not migrated under the feet of an older version', async () => {
    await using _older = await openStore({ dataDir: folder.path });
    const format: StoreFormat = { current: 2, migrations: new Map([[1, async () => {}]]) };
    await expect(enterStore(storeLayout(folder.path), format, { patienceMs: 200 })).rejects.toMatchObject({
      code: 'STORE_BUSY',
      message: expect.stringContaining('in use by an older version'),
    });
  });

  it('files of others in its folders are left alone', async () => {
    const { root } = await filledStore();
    const foreign = [
      'note.txt',
      'blobs/sha256/README',
      'sessions/notes',
      'artifacts/segment/x',
      'trash/y',
      'sums/z',
      'cache-mounts/w',
      'damaged/v',
      'locks/u',
    ];
    await mkdir(join(root, 'artifacts/segment'), { recursive: true });
    for (const name of foreign) await writeFile(join(root, name), 'mine');
    await using store = await openStore({ dataDir: folder.path });
    await store.gc({ types: ['image', 'cache', 'cachemount', 'segment'] });
    for (const name of foreign) expect(await readFile(join(root, name), 'utf8')).toBe('mine');
    expect(await readdir(join(root, 'blobs/sha256'))).toEqual(['README']);
  });
});

async function openAndClose(): Promise<{ readonly root: string }> {
  await using store = await openStore({ dataDir: folder.path });
  return { root: store.root };
}

async function filledStore(): Promise<{ readonly root: string }> {
  await using store = await openStore({ dataDir: folder.path });
  await store.content.put([someBytes(10)]);
  return { root: store.root };
}
