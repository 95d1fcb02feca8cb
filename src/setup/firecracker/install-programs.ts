import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { makeFolderPath } from '../../base/make-folder.ts';
import { explainSystemError } from '../../base/system-error.ts';
import type { ProgramName } from './known-release.ts';
import type { Programs } from './read-package.ts';

/**
 * Puts programs into a folder, each whole or not at all, after `check` has tried them from a folder of their own; what
 * it throws keeps the old ones. False if the folder had the very same already.
 */
export async function installPrograms(
  programs: Programs,
  folder: string,
  check: (paths: Readonly<Record<ProgramName, string>>) => Promise<void>,
): Promise<boolean> {
  try {
    await makeFolderPath(folder, 0o755);
  } catch (error) {
    throw explainSystemError(error, 'creating', folder);
  }
  // Beside the target: /tmp may be mounted noexec.
  const trial = await mkdtemp(join(folder, '.new-'));
  try {
    for (const [name, bytes] of programs) await writeFile(join(trial, name), bytes, { mode: 0o755 });
    await check({ firecracker: join(trial, 'firecracker'), jailer: join(trial, 'jailer') });
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
  let changed = false;
  for (const [name, bytes] of programs) {
    const path = join(folder, name);
    const before = await readFile(path).catch(() => undefined);
    if (before?.equals(bytes) === true) continue;
    await writeFileAtomic(path, bytes, { mode: 0o755 });
    changed = true;
  }
  return changed;
}
