import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../base/is-alive.ts';
import { explainSystemError } from '../../base/system-error.ts';

export interface RunFolder extends AsyncDisposable {
  readonly path: string;
}

const namePattern = /^firekiln-(\d+)-/;

/**
 * A private folder for the sockets of a machine, removed when disposed: not in the data dir, whose path may be too long
 * for a socket's (107 bytes). What killed processes of the same user have left is removed too.
 */
export async function makeRunFolder(): Promise<RunFolder> {
  const root = runRoot();
  await removeOrphanedRunFolders().catch(() => {});
  let path: string;
  try {
    path = await mkdtemp(join(root, `firekiln-${process.pid}-`));
  } catch (error) {
    throw explainSystemError(error, 'making a folder in', root);
  }
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}

function runRoot(): string {
  return process.env.XDG_RUNTIME_DIR ?? tmpdir();
}

/** Removes the folders of processes of the same user that are gone. */
export async function removeOrphanedRunFolders(): Promise<void> {
  const root = runRoot();
  for (const name of await readdir(root)) {
    const pid = Number(namePattern.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const path = join(root, name);
    if ((await lstat(path)).uid === process.getuid?.()) await rm(path, { recursive: true, force: true });
  }
}
