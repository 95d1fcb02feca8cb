import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './system-error.ts';

/**
 * Makes a folder and its missing parents, as `mkdir -p` does; rejects with the system's error. Node's own recursive mkdir
 * tries for ever where a folder that exists takes no new ones and says so with ENOENT, as /proc does.
 */
export async function makeFolderPath(path: string, mode = 0o777): Promise<void> {
  const missing = await makeFolder(path, mode);
  if (missing === undefined) return;
  const parent = dirname(path);
  // Another process that is at the same may have made it meanwhile.
  if (parent !== path && !(await exists(parent))) await makeFolderPath(parent, mode);
  const stillMissing = await makeFolder(path, mode);
  if (stillMissing !== undefined) throw stillMissing;
}

/** Returns the error that says that the folder it is to lie in is missing. */
async function makeFolder(path: string, mode: number): Promise<unknown> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return error;
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
