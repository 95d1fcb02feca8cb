import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-error.ts';

/**
 * Makes a folder and its missing parents, as `mkdir -p` does; rejects with the system's error. Node's own recursive mkdir
 * tries for ever where a folder that exists takes no new ones and says so with ENOENT, as /proc does.
 */
export async function makeFolderPath(path: string, mode = 0o777): Promise<void> {
  const parent = dirname(path);
  try {
    await makeFolder(path, mode);
    return;
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || parent === path) throw error;
  }
  // Another process that is at the same may have made it meanwhile.
  if (!(await exists(parent))) await makeFolderPath(parent, mode);
  await makeFolder(path, mode);
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
