import { randomBytes } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { StoreLayout } from './layout.ts';

/** Room for the log of the transactions with which gc removes records. */
const reserveBytes = 1024 * 1024;

/**
 * Runs work that frees room though it needs a little itself: if the disk is full, it is run again with the reserve
 * given up, and the reserve is laid in again afterwards.
 */
export async function withReserve<T>(layout: StoreLayout, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFirekilnError(error, 'DISK_FULL')) throw error;
    await rm(layout.reserve, { force: true });
    return await work();
  } finally {
    await layInReserve(layout);
  }
}

/** Makes the reserve if it is not there and there is room; random bytes, so that no file system compresses it away. */
export async function layInReserve(layout: StoreLayout): Promise<void> {
  try {
    const there = await stat(layout.reserve).catch(() => undefined);
    if (there?.size === reserveBytes) return;
    await writeFile(layout.reserve, randomBytes(reserveBytes), { mode: 0o600 });
  } catch {
    await rm(layout.reserve, { force: true }).catch(() => {});
  }
}
