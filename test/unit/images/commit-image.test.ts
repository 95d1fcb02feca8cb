import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { commitImage } from '../../../src/images/commit-image.ts';
import type { ImageCommit } from '../../../src/images/image.ts';
import { listImages } from '../../../src/images/list-images.ts';
import { loadImage } from '../../../src/images/load-image.ts';
import { removeImage } from '../../../src/images/remove-image.ts';
import { tagImage } from '../../../src/images/tag-image.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

const layer = async (store: Store, text: string): Promise<Digest> =>
  (await store.layers.put([rawTar([{ name: 'f', data: Buffer.from(text) }])])).diffId;

const commitOf = (layers: readonly Digest[], more: Partial<ImageCommit> = {}): ImageCommit => ({
  platform: { os: 'linux', architecture: 'amd64' },
  config: { Env: ['PATH=/bin'], Cmd: ['sh', '-c', 'a && b <x'], Labels: { b: '2', a: '1' } },
  history: [
    { created: '2026-01-02T03:04:05.000Z', created_by: 'base' },
    { created_by: 'ENV A=1', comment: 'buildkit.dockerfile.v0', empty_layer: true },
    { created_by: 'COPY f / # buildkit', comment: 'buildkit.dockerfile.v0' },
  ],
  layers,
  layerTimes: [0, Date.parse('2026-02-03T04:05:06.120Z')],
  tags: ['docker.io/library/app:1', 'docker.io/library/app:latest'],
  metadata: {
    version: 1,
    tags: ['docker.io/library/app:1'],
    provenance: { dockerfile: 'Dockerfile', bases: [] },
    firekiln: '0.1.0',
  },
  ...more,
});

describe('images of the store', () => {
  it('have the config that BuildKit would write', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const layers = [await layer(store, '1'), await layer(store, '2')];
    const image = await commitImage(store, commitOf(layers));
    const text = (await store.content.readAll(image.id, 1 << 20)).toString();
    expect(text).toBe(
      '{"architecture":"amd64","config":{"Env":["PATH=/bin"],"Cmd":["sh","-c","a \\u0026\\u0026 b \\u003cx"],' +
        '"Labels":{"a":"1","b":"2"}},"created":"2026-02-03T04:05:06.12Z","history":[' +
        '{"created":"2026-01-02T03:04:05Z","created_by":"base"},' +
        '{"created":"2026-02-03T04:05:06.12Z","created_by":"ENV A=1","comment":"buildkit.dockerfile.v0","empty_layer":true},' +
        '{"created":"2026-02-03T04:05:06.12Z","created_by":"COPY f / # buildkit","comment":"buildkit.dockerfile.v0"}],' +
        `"os":"linux","rootfs":{"type":"layers","diff_ids":["${layers[0]}","${layers[1]}"]}}`,
    );
    expect(await commitImage(store, commitOf(layers))).toMatchObject({ id: image.id });
  });

  it('are found by name, id and the beginning of an id', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const image = await commitImage(store, commitOf([await layer(store, '1'), await layer(store, '2')]));
    const hex = image.id.slice(7);
    const names = ['app', 'app:1', 'docker.io/library/app', image.id, hex.slice(0, 12), `sha256:${hex.slice(0, 5)}`];
    for (const name of [...names, `app@${image.manifestDigest}`]) {
      expect((await loadImage(store, name))?.id).toBe(image.id);
    }
    expect(await loadImage(store, 'other')).toBeUndefined();
    expect(await loadImage(store, 'app:2')).toBeUndefined();
    expect(await loadImage(store, `other@${image.manifestDigest}`)).toBeUndefined();
    await expect(loadImage(store, 'No Name')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    expect(await loadImage(store, 'app')).toMatchObject({ layers: image.layers, metadata: image.metadata });
  });

  it('without a name are kept by their id, until they are given one', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const layers = [await layer(store, '1'), await layer(store, '2')];
    const image = await commitImage(store, commitOf(layers, { tags: [] }));
    expect(image.name).toBe(image.id);
    expect((await store.gc()).removed).toEqual([]);
    expect((await listAll(store)).map(({ names }) => names)).toEqual([[]]);
    expect(await tagImage(store, image.id.slice(7, 20), 'named')).toBe('docker.io/library/named:latest');
    expect((await listAll(store)).map(({ names }) => names)).toEqual([['docker.io/library/named:latest']]);
    await expect(tagImage(store, 'nothing', 'x')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  it('are removed as docker removes them', async () => {
    const { shared, one, two } = await (async () => {
      // What a store has put is safe from gc until it is closed.
      await using maker = await openStore({ dataDir: folder.path });
      const below = await layer(maker, 'shared');
      const tags = ['docker.io/o/two:x'];
      return {
        shared: below,
        one: await commitImage(maker, commitOf([below, await layer(maker, '1')])),
        two: await commitImage(maker, commitOf([below, await layer(maker, '2')], { tags })),
      };
    })();
    await using store = await openStore({ dataDir: folder.path });
    const listed = await listAll(store);
    expect(listed.map(({ names }) => names.length).sort((a, b) => a - b)).toEqual([1, 2]);
    expect(listed.every(({ sharedBytes, bytes }) => sharedBytes > 0 && sharedBytes < bytes)).toBe(true);

    await expect(removeImage(store, one.id, { force: false })).rejects.toMatchObject({ code: 'IMAGE_IN_USE' });
    const latest = 'docker.io/library/app:latest';
    expect(await removeImage(store, 'app', { force: false })).toEqual({ untagged: [latest], deleted: undefined });
    expect(await removeImage(store, one.id, { force: false })).toEqual({
      untagged: ['docker.io/library/app:1'],
      deleted: one.id,
    });
    await store.gc();
    expect(await store.content.has(shared)).toBeDefined();
    expect(await store.content.has(one.layers[1] ?? shared)).toBeUndefined();
    expect(await removeImage(store, 'o/two:x', { force: true })).toMatchObject({ deleted: two.id });
    await store.gc();
    expect(await store.content.list()).toEqual([]);
    await expect(removeImage(store, 'app', { force: true })).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
});

const listAll = async (store: Store) =>
  await listImages(store, (_name, error) => {
    throw error;
  });
