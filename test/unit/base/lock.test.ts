import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileLock, withLock } from '../../../src/base/lock.ts';
import { startProcess } from '../../../src/base/process.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firekiln-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('FileLock', () => {
  it('is held once at a time within one process', async () => {
    const path = join(folder, 'a');
    await using first = await FileLock.tryAcquire(path);
    expect(first).toBeDefined();
    expect(await FileLock.tryAcquire(path)).toBeUndefined();
    await first?.[Symbol.asyncDispose]();
    await using second = await FileLock.tryAcquire(path);
    expect(second).toBeDefined();
  });

  it('shared locks exclude exclusive ones only', async () => {
    const path = join(folder, 'a');
    await using one = await FileLock.tryAcquire(path, { shared: true });
    await using two = await FileLock.tryAcquire(path, { shared: true });
    expect([one, two].every((lock) => lock !== undefined)).toBe(true);
    expect(await FileLock.tryAcquire(path)).toBeUndefined();
  });

  it('tells who holds it and waits', async () => {
    const path = join(folder, 'a');
    const first = await FileLock.acquire(path, { holder: 'build of app:1' });
    const told: string[] = [];
    const waiting = withLock(path, { onWait: (holder) => told.push(holder) }, async () => 'done');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual(['build of app:1']);
    await first[Symbol.asyncDispose]();
    expect(await waiting).toBe('done');
  });

  it('waiting ends with an abort', async () => {
    const path = join(folder, 'a');
    await using _first = await FileLock.acquire(path);
    await expect(FileLock.acquire(path, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('a removed lock file does not split waiters', async () => {
    const path = join(folder, 'a');
    const first = await FileLock.acquire(path);
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 10));
      inside--;
    };
    const waiters = [1, 2, 3, 4].map(() => withLock(path, {}, work));
    await first.releaseAndRemove();
    await Promise.all(waiters);
    expect(most).toBe(1);
  });

  it('is looked at without being taken or made', async () => {
    const path = join(folder, 'new', 'a');
    expect(await FileLock.isHeld(path)).toBe(false);
    await expect(FileLock.tryAcquire(path, { folder: 'there' })).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(folder)).toEqual([]);
    const lock = await FileLock.acquire(path);
    expect(await FileLock.isHeld(path)).toBe(true);
    await lock.releaseAndRemove();
    expect(await FileLock.isHeld(path)).toBe(false);
    // As a killed holder leaves it.
    await writeFile(path, '');
    expect(await FileLock.isHeld(path)).toBe(false);
    expect(await readdir(join(folder, 'new'))).toEqual([]);
  });

  it('dies with its process', async () => {
    const path = join(folder, 'a');
    const script = `
      const { FileLock } = await import(${JSON.stringify(new URL('../../../src/base/lock.ts', import.meta.url).href)});
      globalThis.lock = await FileLock.acquire(${JSON.stringify(path)});
      console.log('held');
      setInterval(() => {}, 1000);
    `;
    const holder = await new Promise<{ pid: number; end: Promise<unknown> }>((resolve, reject) => {
      const started = startProcess(process.execPath, {
        args: ['--input-type=module', '-e', script],
        stdout: { each: () => void started.then((child) => resolve({ pid: child.pid, end: child.result })) },
      });
      started.catch(reject);
    });
    expect(await FileLock.tryAcquire(path)).toBeUndefined();
    process.kill(holder.pid, 'SIGKILL');
    await holder.end;
    await using lock = await FileLock.acquire(path, { signal: AbortSignal.timeout(60_000) });
    expect(lock.path).toBe(path);
  });
});
