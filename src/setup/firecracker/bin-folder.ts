import { join } from 'node:path';

/** Where `firekiln setup firecracker` puts programs. */
export function binFolder(dataDir: string): string {
  return join(dataDir, 'bin');
}
