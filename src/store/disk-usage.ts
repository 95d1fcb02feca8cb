import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../base/system-error.ts';

const blockSize = 512;

/**
 * Bytes that a file, or a folder with all that is in it, takes on disk: blocks, so holes don't count. Undefined if there
 * is nothing.
 */
export async function diskBytes(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path);
    let bytes = stats.blocks * blockSize;
    if (stats.isDirectory()) {
      for (const name of await readdir(path)) bytes += (await diskBytes(join(path, name))) ?? 0;
    }
    return bytes;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
