import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FirekilnEvent } from '../../../src/base/events.ts';
import { createEmitter } from '../../../src/base/events.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const key = digestOf('key');

describe('cache records', () => {
  it('are found again by another process of the same store', async () => {
    await using first = await openStore({ dataDir: folder.path, now: () => 1000 });
    await using second = await openStore({ dataDir: folder.path, now: () => 2000 });
    const { digest } = await first.content.put([someBytes(100)]);
    const value = { steps: [1, 'two', null], text: 'zwölf' };
    await first.cache.put(key, { value, refs: [digest], label: '[1/2] RUN make' });
    expect(await second.cache.get(key)).toEqual({
      key,
      value,
      refs: [digest],
      label: '[1/2] RUN make',
      createdAt: 1000,
      usedAt: 1000,
    });
    await second.cache.delete(key);
    expect(await first.cache.get(key)).toBeUndefined();
  });

  it('a record whose content is gone or damaged is no hit', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const missing = digestOf('missing');
    await expect(store.cache.put(key, { value: 1, refs: [missing], label: '' })).rejects.toMatchObject({
      code: 'BLOB_MISSING',
      message: expect.stringContaining(missing),
    });
    expect(await store.cache.get(key)).toBeUndefined();
  });

  it('the newest of a label is found, whatever the clock did', async () => {
    let now = 5000;
    await using store = await openStore({ dataDir: folder.path, now: () => now });
    await store.cache.put(digestOf('a'), { value: 'old', refs: [], label: 'step' });
    now = 1000;
    await store.cache.put(digestOf('b'), { value: 'new', refs: [], label: 'step' });
    await store.cache.put(digestOf('c'), { value: 'other', refs: [], label: 'another step' });
    await store.cache.get(digestOf('a'));
    expect(await store.cache.latestWithLabel('step')).toMatchObject({ value: 'new' });
    expect(await store.cache.latestWithLabel('nothing')).toBeUndefined();
  });

  it('a large value is refused', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const value = 'x'.repeat(1024 * 1024);
    await expect(store.cache.put(key, { value, refs: [], label: '' })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  it('any JSON value comes back as it was', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), fc.string(), async (value, label) => {
        await store.cache.put(key, { value, refs: [], label });
        expect(await store.cache.get(key)).toMatchObject({ label });
        expect(JSON.stringify((await store.cache.get(key))?.value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 100 },
    );
  });
});

describe('image records', () => {
  it('several names are set in one step, replaced and removed', async () => {
    await using store = await openStore({ dataDir: folder.path, now: () => 77 });
    const [manifest, layer, metadata] = await Promise.all(
      ['manifest', 'layer', 'metadata'].map(async (text) => (await store.content.put([Buffer.from(text)])).digest),
    );
    if (manifest === undefined || layer === undefined || metadata === undefined) throw new Error('nothing put');
    const image = { manifest, refs: [layer, metadata], metadata, labels: { maintainer: 'me' } };
    await store.images.tag(['docker.io/library/b:1', 'docker.io/library/a:1'], image);
    expect(await store.images.list()).toEqual([
      { name: 'docker.io/library/a:1', ...image, createdAt: 77 },
      { name: 'docker.io/library/b:1', ...image, createdAt: 77 },
    ]);
    await store.images.tag(['docker.io/library/a:1'], { manifest: layer, refs: [] });
    expect(await store.images.resolve('docker.io/library/a:1')).toMatchObject({ manifest: layer, refs: [] });
    expect(await store.images.untag('docker.io/library/a:1')).toBe(true);
    expect(await store.images.untag('docker.io/library/a:1')).toBe(false);
    expect(await store.images.resolve('docker.io/library/a:1')).toBeUndefined();
  });

  it('an image of which something is missing is not tagged, under none of the names', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const { digest } = await store.content.put([Buffer.from('manifest')]);
    const missing = digestOf('missing layer');
    await expect(store.images.tag(['a', 'b'], { manifest: digest, refs: [missing] })).rejects.toMatchObject({
      code: 'BLOB_MISSING',
      message: `the image a, b refers to ${missing}, which is not in the store`,
    });
    expect(await store.images.list()).toEqual([]);
  });

  it('a record with a flipped bit is refused by name, and the others stay', async () => {
    const events: FirekilnEvent[] = [];
    const emitter = createEmitter((event) => events.push(event), { module: 'test' });
    await using store = await openStore({ dataDir: folder.path, emitter });
    const { digest } = await store.content.put([Buffer.from('manifest')]);
    await store.images.tag(['good', 'bad'], { manifest: digest, refs: [] });
    await store.cache.put(key, { value: 1, refs: [], label: '' });
    damageRow(`${store.root}/records.db`, 'bad');
    damageRow(`${store.root}/records.db`, key);
    await expect(store.images.resolve('bad')).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: 'the record of the image bad is damaged',
    });
    expect((await store.images.list()).map(({ name }) => name)).toEqual(['good']);
    expect(events).toMatchObject([{ event: 'message', level: 'warn', text: 'the record of the image bad is damaged' }]);
    expect(await store.cache.get(key)).toBeUndefined();
    // Nobody knows what it referred to, so nothing is thrown away.
    expect(await store.images.untag('good')).toBe(true);
    await expect(store.gc()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await store.images.untag('bad')).toBe(true);
    await store.gc();
  });
});

describe('pins', () => {
  it('are set, replaced, listed and removed', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await store.pins.set('vm:1', [digestOf('a')]);
    await store.pins.set('vm:1', [digestOf('b')]);
    expect(await store.pins.list()).toEqual([{ name: 'vm:1', refs: [digestOf('b')] }]);
    expect(await store.pins.remove('vm:1')).toBe(true);
    expect(await store.pins.remove('vm:1')).toBe(false);
  });
});

function damageRow(path: string, name: string): void {
  using database = new DatabaseSync(path);
  database.prepare(`UPDATE records SET body = replace(body, 'sha256', 'sha257') || ' ' WHERE key = ?`).run(name);
}
