import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../src/base/lock.ts';
import { systemCode } from '../../src/base/system-error.ts';

/** Kept entries of one kind; older ones are removed when a new one is made. */
const keptVersions = 2;

/** Where the parts of the bed are kept between runs: outside the checkout, so that clean clones share them. */
export function cacheFolder(): string {
  const { FIREKILN_TEST_BED_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own ?? join(xdg ?? join(homedir(), '.cache'), 'firekiln', 'test-bed');
}

/** A key for {@link cached}: any change of an input changes it. */
export function keyOf(...inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input.length}:`).update(input);
  return hash.digest('hex').slice(0, 24);
}

/** The path of the file that `make` writes for these inputs; made at most once, also by several processes at once. */
export async function cached(
  kind: string,
  key: string,
  extension: string,
  make: (target: string) => Promise<void>,
): Promise<string> {
  const folder = cacheFolder();
  await mkdir(folder, { recursive: true });
  const name = `${kind}-${key}${extension}`;
  const path = join(folder, name);
  return await withLock(join(folder, `${kind}.lock`), {}, async () => {
    if (await exists(path)) {
      await utimes(path, new Date(), new Date());
      return path;
    }
    const temporary = join(folder, `.new-${name}`);
    await rm(temporary, { recursive: true, force: true });
    const started = performance.now();
    console.log(`test bed: making ${kind}`);
    await make(temporary);
    await rename(temporary, path);
    console.log(`test bed: made ${kind} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    await removeOld(folder, kind, extension);
    return path;
  });
}

async function removeOld(folder: string, kind: string, extension: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${kind}-`) && name.endsWith(extension));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  dated.sort((a, b) => b.time - a.time);
  for (const { name } of dated.slice(keptVersions)) await rm(join(folder, name), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
