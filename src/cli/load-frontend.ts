import { getCompileCacheDir } from 'node:module';
import { setFlagsFromString } from 'node:v8';

/**
 * Loads the frontend with all its functions compiled, for Node's compile cache, which keeps what is compiled while a module
 * loads and nothing of what is compiled later, when it is called: a third of the time of a process's first plan.
 * To be awaited before anything that imports the frontend, since what is in the cache counts for the same flags only.
 */
export async function loadFrontend(): Promise<void> {
  if (getCompileCacheDir() === undefined) return;
  // Node's own modules have caches that were made with the default flags.
  await Promise.all([import('node:crypto'), import('node:net')]);
  setFlagsFromString('--no-lazy');
  try {
    await import('../frontend/frontend.ts');
  } finally {
    setFlagsFromString('--lazy');
  }
}
