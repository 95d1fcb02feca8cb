import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type App, openApp } from '../../../src/app/app.ts';
import { findFirecracker } from '../../../src/app/firecracker.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let app: App;
let programs: { readonly binary: string; readonly jailer: string };

beforeEach(async () => {
  app = openApp({ dataDir: join(folder.path, 'data'), progress: 'quiet' });
  const [binary, jailer] = await Promise.all(
    ['Firecracker', 'Jailer'].map(async (name) => {
      const path = join(folder.path, name.toLowerCase());
      await writeFile(path, `#!/bin/sh\necho '${name} v1.12.1'\n`, { mode: 0o755 });
      return path;
    }),
  );
  programs = { binary: binary ?? '', jailer: jailer ?? '' };
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await app[Symbol.asyncDispose]();
});

/** What is found by root or by user 1000. */
async function find(euid: number, choice: Parameters<typeof findFirecracker>[1] = {}) {
  vi.spyOn(process as { geteuid: () => number }, 'geteuid').mockReturnValue(euid);
  return await findFirecracker(app, { ...programs, ...choice });
}

it('root gets a jail, and nothing is told', async () => {
  const found = await find(0);
  expect(found?.jail).toMatchObject({ jailer: programs.jailer, chrootBase: '/srv/jailer' });
  expect(found?.notice).toBeUndefined();
});

it('without a jail, or as root in one, it is told what that means', async () => {
  const plain = await find(0, { jailed: false });
  expect(plain?.jail).toBeUndefined();
  expect(plain?.notice?.text).toBe('Firecracker runs without its jailer, as root');
  expect(plain?.notice?.hint).toContain('--no-jailer');

  const ordinary = await find(1000);
  expect(ordinary?.jail).toBeUndefined();
  expect(ordinary?.notice?.text).toBe('Firecracker runs without its jailer, which needs root');

  const root = await find(0, { uid: 0 });
  expect(root?.jail).toMatchObject({ uid: 0 });
  expect(root?.notice?.text).toBe('Firecracker runs as root in its jails');
});

it('what is missing is named, with what installs it', async () => {
  vi.stubEnv('PATH', join(folder.path, 'nothing'));
  expect(await find(0, { binary: '' })).toBeUndefined();
  const missing = { code: 'PROGRAM_MISSING', hint: expect.stringContaining('firekiln setup firecracker') as string };
  await expect(find(0, { jailer: '' })).rejects.toMatchObject({
    ...missing,
    message: expect.stringContaining('jailer') as string,
  });
  const named = join(folder.path, 'no-such');
  for (const choice of [{ binary: named }, { jailer: named }]) {
    await expect(find(0, choice)).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining(named) as string,
    });
  }
  expect((await find(1000, { jailer: '' }))?.binary).toBe(programs.binary);
});
