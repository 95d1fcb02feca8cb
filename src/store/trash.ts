import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../base/system-error.ts';
import type { StoreLayout } from './layout.ts';

/**
 * Takes a file or folder out of the store in one step, however large it is; false if it is not there. Its bytes are
 * freed by {@link emptyTrash}.
 */
export function moveToTrash(layout: StoreLayout, path: string): boolean {
  try {
    renameSync(path, join(layout.trash, randomBytes(12).toString('hex')));
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw error;
  }
}

const trashName = /^[0-9a-f]{24}$/;

export async function emptyTrash(layout: StoreLayout): Promise<void> {
  for (const name of await readdir(layout.trash)) {
    if (trashName.test(name)) await rm(join(layout.trash, name), { recursive: true, force: true });
  }
}
