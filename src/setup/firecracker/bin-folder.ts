import { join } from 'node:path';
import { findProgram } from '../../base/find-program.ts';
import type { ProgramName } from './known-release.ts';

/** Where `firekiln setup firecracker` puts programs. */
export function binFolder(dataDir: string): string {
  return join(dataDir, 'bin');
}

/** A program on PATH, else the one that `firekiln setup firecracker` has installed; undefined if there is none. */
export async function findInstalled(dataDir: string, name: ProgramName): Promise<string | undefined> {
  return (await findProgram(name)) ?? (await findProgram(name, binFolder(dataDir)));
}
