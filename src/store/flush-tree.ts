import { lstat, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../base/atomic-file.ts';

/** Makes a file, or a folder with all that is in it, and its name durable. */
export async function flushTree(path: string): Promise<void> {
  await flushBelow(path);
  await syncFolder(dirname(path));
}

async function flushBelow(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isDirectory()) {
    for (const name of await readdir(path)) await flushBelow(join(path, name));
    await syncFolder(path);
    return;
  }
  if (!stats.isFile()) return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
