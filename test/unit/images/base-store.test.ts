import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import {
  checkBaseName,
  checkBasePlace,
  listBaseStore,
  removeStoredBase,
  writeBase,
} from '../../../src/images/bases/base-store.ts';
import { commitImage } from '../../../src/images/commit-image.ts';
import { ensureFlatRootfs } from '../../../src/images/flat-rootfs.ts';
import { baseStoreSource } from '../../../src/images/sources/base-store-source.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { expectClean, readWithDebugfs } from '../../support/ext4-judges.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const folder = useTemporaryFolder();
const size = 64 << 20;
const platform = { os: 'linux', architecture: 'amd64' };

async function imageOf(store: Store, text: string) {
  const { diffId } = await store.layers.put([rawTar([{ name: 'etc/issue', data: Buffer.from(text) }])]);
  return await commitImage(store, {
    platform,
    config: { Cmd: ['/sbin/init'], Env: ['A=b'] },
    history: [{ created_by: 'test' }],
    layers: [diffId],
    created: '2026-01-02T03:04:05Z',
    tags: [],
    metadata: { version: 1, tags: [], provenance: { dockerfile: 'Dockerfile', bases: [] }, firekiln: '0' },
  });
}

describeWithTools(['e2fsck', 'debugfs'], 'a base store', () => {
  it('keeps root file systems where FROM finds them, and replaces them', async () => {
    await using store = await openStore({ dataDir: join(folder.path, 'data') });
    const root = join(folder.path, 'bases');
    expect(await listBaseStore(root)).toEqual([]);
    const put = async (name: string, text: string) =>
      await writeBase(store, { root, name, image: await imageOf(store, text), size, emitter: silentEmitter });
    await put('_/debian/bookworm', 'first');
    const path = await put('_/debian/bookworm', 'second');
    await put('_builds/org/app', 'not a base');
    await put('acme/os/1.0', 'third');
    expect(path).toBe(join(root, '_/debian/bookworm/root.ext4'));
    await expectClean(path);
    expect((await readWithDebugfs(path)).get('etc/issue')?.content).toBe(sha256('second'));
    expect((await readdir(join(root, '_/debian/bookworm'))).sort()).toEqual(['metadata.json', 'root.ext4']);
    const listed = await listBaseStore(root);
    expect(listed.map(({ name }) => name)).toEqual(['_/debian/bookworm', 'acme/os/1.0']);
    expect(listed[0]?.size).toBe(size);
    expect(listed[0]?.diskSize).toBeLessThan(size / 4);
    const options = { platform, fresh: false, emitter: silentEmitter };
    const found = await baseStoreSource(store, { root }).resolve('debian:bookworm', options);
    expect(found?.config.config).toMatchObject({ Cmd: ['/sbin/init'], Env: ['A=b'] });
    const metadata = join(root, '_/debian/bookworm/metadata.json');
    expect(JSON.parse(await readFile(metadata, 'utf8'))).toMatchObject({
      version: 1,
      provenance: { dockerfile: 'Dockerfile' },
    });
    // As if the one that replaced it had been killed between the two files.
    await copyFile(join(root, 'acme/os/1.0/metadata.json'), metadata);
    await expect(baseStoreSource(store, { root }).resolve('debian:bookworm', options)).rejects.toMatchObject({
      code: 'BASE_HALF_REPLACED',
    });
  });

  it('forgets what is removed, with the folders that are empty then', async () => {
    await using store = await openStore({ dataDir: join(folder.path, 'data') });
    const root = join(folder.path, 'bases');
    const image = await imageOf(store, 'x');
    await writeBase(store, { root, name: '_/debian/bookworm', image, size, emitter: silentEmitter });
    await writeBase(store, { root, name: '_/alpine/3.20', image, size, emitter: silentEmitter });
    await removeStoredBase(root, '_/debian/bookworm');
    expect(await readdir(join(root, '_'))).toEqual(['alpine']);
    await removeStoredBase(root, '_/alpine/3.20');
    await expect(stat(root).then(async () => await readdir(root))).resolves.toEqual([]);
    await expect(removeStoredBase(root, '_/alpine/3.20')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('is not begun where nothing can be kept', async () => {
    await writeFile(join(folder.path, 'file'), '');
    await expect(checkBasePlace(join(folder.path, 'file'), '_/a/b')).rejects.toMatchObject({ code: 'EXPORT_PLACE' });
    await checkBasePlace(join(folder.path, 'new/place'), '_/a/b');
    expect(await readdir(folder.path)).toEqual(['file']);
  });

  it('takes no name that leads elsewhere', () => {
    for (const name of ['../x/y', '_/../x', '_/debian', '_/debian/..', '/_/debian/1', '_/a/b/c', '_/a/']) {
      expect(() => checkBaseName(name)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    }
    expect(checkBaseName('_/ubuntu/24.04')).toBe('_/ubuntu/24.04');
  });
});

describeWithTools(['e2fsck', 'debugfs'], 'a flat root file system', () => {
  it('is made once for all, with a journal and room', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { layers } = await imageOf(store, 'flat');
    const freeBytes = 256 << 20;
    const first = await ensureFlatRootfs(store, layers, { freeBytes });
    const { ino, size: bytes } = await stat(first.path);
    expect(bytes).toBeGreaterThan(freeBytes);
    await expectClean(first.path);
    expect((await readWithDebugfs(first.path)).get('etc/issue')?.content).toBe(sha256('flat'));
    expect(await ensureFlatRootfs(store, layers, { freeBytes })).toEqual(first);
    expect((await stat(first.path)).ino).toBe(ino);
  });
});
