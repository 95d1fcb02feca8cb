import { chmod, chown, copyFile, rename, rm } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { systemCode } from '../../base/system-error.ts';
import type { PlacePath, VmmPlace } from './vmm-place.ts';

/** A file that the VMM writes. */
export interface Output {
  readonly path: PlacePath;
  /** The VMM is done: puts the file where it belongs, for this process's user alone. */
  take(): Promise<void>;
}

/** Lets the VMM write a file that will be at `hostPath`; without seeing the host it writes in its place first. */
export async function createOutput(place: VmmPlace, hostPath: string): Promise<Output> {
  if (place.seesHost) {
    const path = resolve(hostPath);
    return { path: { host: path, vmm: path }, take: async () => await chmod(path, 0o600) };
  }
  const path = await place.createFile(basename(hostPath));
  return {
    path,
    take: async () => {
      await move(path.host, hostPath);
      await chown(hostPath, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
      await chmod(hostPath, 0o600);
    },
  };
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from);
  }
}
