import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface ListedEntry {
  /** Below the folder, without a slash at either end. */
  readonly path: string;
  readonly full: string;
  readonly entry: Dirent;
}

/**
 * Everything below a folder, folders before what is in them. Symlinks are listed, never followed: Node's own recursive
 * listing does follow them, and `lib/modules/<release>/build` leads to all of the kernel's headers.
 */
export async function listEntries(folder: string, prefix = ''): Promise<ListedEntry[]> {
  const found: ListedEntry[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    found.push({ path, full: join(folder, path), entry });
    if (entry.isDirectory()) found.push(...(await listEntries(folder, path)));
  }
  return found;
}
