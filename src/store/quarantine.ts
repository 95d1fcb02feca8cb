import { linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { systemCode } from '../base/system-error.ts';
import { digestOfFile } from './file-digest.ts';
import { blobPath, damagedPath, type StoreLayout } from './layout.ts';

/**
 * Moves a damaged blob out of the way, so that it counts as missing and is fetched or made again. Does its best: a
 * store that can't be written stays as it is. Synchronous, as reads are.
 *
 * @param inode Of the file in which the damage was seen: a file that healed it meanwhile stays.
 */
export function setAside(layout: StoreLayout, digest: Digest, inode: bigint): void {
  const path = blobPath(layout, digest);
  const aside = damagedPath(layout, digest);
  try {
    if (statSync(path, { bigint: true }).ino !== inode) return;
    renameSync(path, aside);
    if (statSync(aside, { bigint: true }).ino === inode) return;
    // Healed between the two calls.
    linkSync(aside, path);
    rmSync(aside);
  } catch {
    // Gone, or not ours to move.
  }
}

/** Brings a blob back that was set aside though its bytes are right, as after a fault of the memory. */
export async function restoreIfIntact(layout: StoreLayout, digest: Digest): Promise<void> {
  const aside = damagedPath(layout, digest);
  try {
    if ((await digestOfFile(aside)) === digest) await rename(aside, blobPath(layout, digest));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** @param what Goes on where the digest ends. */
export function blobCorrupt(digest: Digest, what: string, cause?: unknown): FirekilnError {
  return new FirekilnError('BLOB_CORRUPT', `${digest} ${what}`, {
    hint: 'Pull or build the image again: what is damaged counts as missing and is replaced.',
    cause,
  });
}
