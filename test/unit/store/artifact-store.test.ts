import { chmod, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const key = digestOf('inputs');
const write = (text: string) => async (path: string) => await writeFile(path, text);

describe('artifacts', () => {
  it('are made once and found again, also by others', async () => {
    await using store = await openStore({ dataDir: folder.path, now: () => 5 });
    await using other = await openStore({ dataDir: folder.path });
    expect(await store.artifacts.find('segment', key)).toBeUndefined();
    const path = await store.artifacts.ensure('segment', key, write('one'), { label: 'app:1' });
    expect(await readFile(path, 'utf8')).toBe('one');
    expect((await stat(path)).mode & 0o777).toBe(0o444);
    expect(await other.artifacts.ensure('segment', key, write('two'))).toBe(path);
    expect(await other.artifacts.find('segment', key)).toBe(path);
    expect(await other.artifacts.find('kernel', key)).toBeUndefined();
    expect(await readFile(path, 'utf8')).toBe('one');
    expect(await store.artifacts.list()).toMatchObject([
      { kind: 'segment', key, label: 'app:1', path, diskBytes: 4096, refs: [], createdAt: 5 },
    ]);
    expect(await store.artifacts.list('kernel')).toEqual([]);
  });

  it('may be folders', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const path = await store.artifacts.ensure('appliance', key, async (at) => {
      await mkdir(join(at, 'sub'), { recursive: true });
      await writeFile(join(at, 'sub', 'kernel'), 'k');
      await writeFile(join(at, 'initrd'), 'i');
    });
    expect(await store.artifacts.find('appliance', key)).toBe(path);
    await truncate(join(path, 'initrd'), 0);
    expect(await store.artifacts.find('appliance', key)).toBeUndefined();
    await store.artifacts.ensure('appliance', key, async (at) => await mkdir(at));
    expect(await store.artifacts.find('appliance', key)).toBe(path);
  });

  it('two stores that want the same share one making', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await using other = await openStore({ dataDir: folder.path });
    let makings = 0;
    const make = async (path: string) => {
      makings++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await writeFile(path, 'x');
    };
    const paths = await Promise.all(
      [store, store, other, other].map(({ artifacts }) => artifacts.ensure('segment', key, make)),
    );
    expect(new Set(paths).size).toBe(1);
    expect(makings).toBe(1);
  });

  it('a making that fails or is aborted leaves nothing, and the next one starts afresh', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const half = async (path: string) => {
      await writeFile(path, 'half');
      throw new Error('no luck');
    };
    await expect(store.artifacts.ensure('segment', key, half)).rejects.toThrow('no luck');
    const controller = new AbortController();
    const aborting = async (path: string, signal: AbortSignal) => {
      await writeFile(path, 'half');
      controller.abort();
      signal.throwIfAborted();
    };
    await expect(store.artifacts.ensure('segment', key, aborting, { signal: controller.signal })).rejects.toMatchObject(
      { code: 'ABORTED' },
    );
    expect(await store.artifacts.find('segment', key)).toBeUndefined();
    expect((await store.usage()).types.find(({ type }) => type === 'temporary')?.bytes).toBe(4096);
    const path = await store.artifacts.ensure('segment', key, write('whole'));
    expect(await readFile(path, 'utf8')).toBe('whole');
  });

  it('one of another size than it was made with is made again', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const path = await store.artifacts.ensure('segment', key, write('whole'));
    await chmod(path, 0o600);
    await truncate(path, 3);
    expect(await store.artifacts.find('segment', key)).toBeUndefined();
    await store.artifacts.ensure('segment', key, write('again'));
    expect(await readFile(path, 'utf8')).toBe('again');
  });

  it('one that was not flushed before the host went down is made again', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const path = await store.artifacts.ensure('segment', key, write('whole'));
    const database = new DatabaseSync(join(store.root, 'records.db'));
    const flushed = () => String(database.prepare('SELECT body FROM records').get()?.body).includes('"flushed":true');
    await expect.poll(flushed).toBe(true);
    await using later = await openStore({ dataDir: folder.path });
    expect(await later.artifacts.find('segment', key)).toBe(path);
    rewriteRecord(database, (body) => body.replace(/"boot":"[^"]*","flushed":true/, '"boot":"other","flushed":true'));
    expect(await store.artifacts.find('segment', key)).toBe(path);
    rewriteRecord(database, (body) => body.replace('"flushed":true', '"flushed":false'));
    expect(await store.artifacts.find('segment', key)).toBeUndefined();
    await store.artifacts.ensure('segment', key, write('again'));
    expect(await readFile(path, 'utf8')).toBe('again');
    database.close();
  });

  it('one in use is not removed', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await using other = await openStore({ dataDir: folder.path });
    await store.artifacts.ensure('segment', key, write('x'));
    await expect(other.artifacts.remove('segment', key)).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await store[Symbol.asyncDispose]();
    expect(await other.artifacts.remove('segment', key)).toBe(true);
    expect(await other.artifacts.remove('segment', key)).toBe(false);
  });

  it('kinds that are no names are a mistake', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await expect(store.artifacts.ensure('../x', key, write('x'))).rejects.toThrow('no name for a kind');
  });
});

describe('cache mounts', () => {
  const make = async (path: string) => await writeFile(path, someBytes(100));
  const locked = { make, sharing: 'locked' } as const;

  it('persist, one user at a time', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await using other = await openStore({ dataDir: folder.path, purpose: 'firekiln build' });
    let makings = 0;
    const counting = {
      ...locked,
      make: async (path: string) => await make(path).then(() => void makings++),
      label: '/root/.cache',
      user: 'build of app',
    };
    const first = await other.cacheMounts.acquire('go build', counting);
    expect(await store.cacheMounts.list()).toMatchObject([
      { id: 'go build', label: '/root/.cache', usedBy: 'build of app', inUse: true, diskBytes: 4096 },
    ]);
    const told: string[] = [];
    const waiting = store.cacheMounts.acquire('go build', {
      ...counting,
      user: 'another',
      onWait: (holder) => told.push(holder),
    });
    await expect(store.cacheMounts.remove('go build')).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await writeFile(first.path, 'used');
    await first[Symbol.asyncDispose]();
    await using second = await waiting;
    expect(told).toEqual([`firekiln build (pid ${process.pid})`]);
    expect(await readFile(second.path, 'utf8')).toBe('used');
    expect(second.clean).toBe(true);
    expect(makings).toBe(1);
    await second[Symbol.asyncDispose]();
    expect(await store.cacheMounts.list()).toMatchObject([{ usedBy: 'another', inUse: false }]);
    expect(await store.cacheMounts.remove('go build')).toBe(true);
    expect(await store.cacheMounts.list()).toEqual([]);
  });

  it('private ones get images of their own while one is in use', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const own = { make, sharing: 'private' } as const;
    await using one = await store.cacheMounts.acquire('id', own);
    const two = await store.cacheMounts.acquire('id', own);
    expect(two.path).not.toBe(one.path);
    await two[Symbol.asyncDispose]();
    await using again = await store.cacheMounts.acquire('id', own);
    expect(again.path).toBe(two.path);
    expect((await store.cacheMounts.list()).map(({ id }) => id)).toEqual(['id', 'id']);
  });

  it('one whose making failed is made by the next', async () => {
    await using store = await openStore({ dataDir: folder.path });
    const failing = async () => {
      throw new Error('no mke2fs');
    };
    await expect(store.cacheMounts.acquire('id', { ...locked, make: failing })).rejects.toThrow('no mke2fs');
    await using use = await store.cacheMounts.acquire('id', locked);
    expect(use.clean).toBe(true);
    expect((await stat(use.path)).size).toBe(100);
  });

  it('waiting ends with an abort', async () => {
    await using store = await openStore({ dataDir: folder.path });
    await using _use = await store.cacheMounts.acquire('id', locked);
    const signal = AbortSignal.timeout(30);
    await expect(store.cacheMounts.acquire('id', { ...locked, signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

function rewriteRecord(database: DatabaseSync, change: (body: string) => string): void {
  const row = database.prepare('SELECT kind, key, label, body FROM records').get();
  if (row === undefined) throw new Error('no record');
  const body = change(String(row.body));
  const seal = crc32(JSON.stringify([row.kind, row.key, row.label, body]));
  database.prepare('UPDATE records SET body = ?, seal = ?').run(body, seal);
}
