import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { tryLockHandle } from '../../base/lock.ts';
import { systemCode } from '../../base/system-error.ts';
import { removeTree } from './remove-tree.ts';

/** In a temporary folder: what is locked as long as its writer lives. */
export const lockName = 'lock';
/** In a temporary folder: what was in the place that the new folder takes. */
export const replacedName = 'replaced';

/** A fresh name for what will be `dest` once it is whole. It tells to which place it belongs. */
export function temporaryNameFor(dest: string): string {
  return `${prefixFor(dest)}${randomBytes(8).toString('hex')}`;
}

/**
 * Locks a temporary file until it is closed, so that nobody takes it for a dead one. False if somebody did before: then
 * it is gone, or about to go.
 */
export async function holdTemporary(handle: FileHandle, path: string): Promise<boolean> {
  // Where files can't be locked nobody can find out that it is dead, and it stays.
  return (await tryLockHandle(handle, path)) !== 'held';
}

/**
 * Removes what killed exports of this user to the same place have left in a folder; what one of them had taken out of
 * the place is put back. A leftover is dead if its lock is free. Never fails: what can't be removed stays.
 */
export async function removeDeadTemporaries(folder: string, dest: string): Promise<void> {
  const prefix = prefixFor(dest);
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{16}$/.test(name.slice(prefix.length))) continue;
    await removeIfDead(join(folder, name), dest).catch(() => {});
  }
}

async function removeIfDead(path: string, dest: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.uid !== process.geteuid?.()) return;
  if (stats.isFile()) {
    await ifDead(path, async () => await removeTree(path));
    return;
  }
  if (!stats.isDirectory()) return;
  try {
    await ifDead(join(path, lockName), async () => {
      await putBack(join(path, replacedName), dest);
      await removeTree(path);
    });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    // Whoever made it has died before there was a lock, or is about to make one and will find the folder gone.
    await rmdir(path);
  }
}

async function ifDead(lock: string, remove: () => Promise<void>): Promise<void> {
  await using handle = await open(lock, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await handle.stat();
  if (!stats.isFile() || stats.uid !== process.geteuid?.()) return;
  if ((await tryLockHandle(handle, lock)) === 'locked') await remove();
}

async function putBack(replaced: string, dest: string): Promise<void> {
  const isThere = async (path: string) => (await lstat(path).catch(() => undefined)) !== undefined;
  if ((await isThere(replaced)) && !(await isThere(dest))) await rename(replaced, dest);
}

function prefixFor(dest: string): string {
  return `.tmp-firekiln-${sha256(basename(dest)).slice('sha256:'.length, 'sha256:'.length + 12)}-`;
}
