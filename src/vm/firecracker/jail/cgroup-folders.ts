import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileLock } from '../../../base/lock.ts';
import { systemCode } from '../../../base/system-error.ts';
import type { CgroupHierarchy, Controller } from './cgroup-hierarchy.ts';

/** The cgroup in which those of machines are (`--parent-cgroup`); there while one of them is. */
export const parentCgroup = 'firekiln';

/** Shared by who starts a machine, so that nobody removes the parent meanwhile. */
const lockPath = '/run/firekiln-cgroups.lock';
const removeDeadlineMs = 30_000;
const pauseMs = 10;

/** Keeps {@link parentCgroup} from being removed until it is released. */
export async function holdParentCgroup(): Promise<FileLock> {
  return await FileLock.acquire(lockPath, { shared: true });
}

/**
 * Makes the parent cgroup; what is left are the controllers whose limits can be set in it: a host's administrator, or
 * the container that this is in, may not allow them all.
 */
export async function withParent({ version, roots }: CgroupHierarchy): Promise<CgroupHierarchy> {
  const usable = new Map<Controller, string>();
  for (const [name, root] of roots) {
    const parent = join(root, parentCgroup);
    try {
      await mkdir(parent, { recursive: true });
      if (version === 2) {
        for (const folder of [root, parent]) await writeFile(join(folder, 'cgroup.subtree_control'), `+${name}`);
      }
      usable.set(name, root);
    } catch {
      // Not to be had here: EROFS, EACCES, or EBUSY where the root itself has processes.
    }
  }
  return { version, roots: usable };
}

/** The cgroups of one machine, as the jailer makes them. */
export function cgroupsOfMachine({ roots }: CgroupHierarchy, machineId: string): readonly string[] {
  return [...new Set([...roots.values()].map((root) => join(root, parentCgroup, machineId)))];
}

/** The processes in cgroups. */
export async function processesIn(folders: readonly string[]): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const folder of folders) {
    const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
    for (const line of text.split('\n')) if (line !== '') found.add(Number(line));
  }
  return [...found];
}

/** Removes the cgroups of a machine, whose processes have ended or are about to, and the parent if it is empty. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  const deadline = performance.now() + removeDeadlineMs;
  for (const folder of folders) {
    for (;;) {
      const code = await removedOrCode(folder);
      if (code === undefined) break;
      if (code !== 'EBUSY' || performance.now() > deadline) throw new Error(`the cgroup ${folder} stays: ${code}`);
      await sleep(pauseMs);
    }
  }
  const lock = await FileLock.tryAcquire(lockPath);
  if (lock === undefined) return;
  for (const parent of new Set(folders.map((folder) => dirname(folder)))) await rmdir(parent).catch(() => {});
  await lock.releaseAndRemove();
}

async function removedOrCode(folder: string): Promise<string | undefined> {
  try {
    await rmdir(folder);
    return undefined;
  } catch (error) {
    const code = systemCode(error) ?? String(error);
    return code === 'ENOENT' ? undefined : code;
  }
}
