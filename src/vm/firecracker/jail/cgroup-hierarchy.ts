import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Controllers that a machine's limits are made with. */
export type Controller = 'cpu' | 'memory' | 'pids' | 'cpuset';

const controllers: readonly Controller[] = ['cpu', 'memory', 'pids', 'cpuset'];

/** Where this host's cgroups are, version 2 if it has the controllers, else version 1 (cgroups(7)). */
export interface CgroupHierarchy {
  readonly version: 1 | 2;
  /** The mounted root of each controller that is there; with version 2 it is the same for all. */
  readonly roots: ReadonlyMap<Controller, string>;
}

export async function findCgroups(): Promise<CgroupHierarchy | undefined> {
  return await cgroupsOf(await readFile('/proc/self/mounts', 'utf8'), async (root) => {
    return await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => '');
  });
}

/** From the text of /proc/self/mounts; `readControllers` gives cgroup.controllers of a root of version 2. */
export async function cgroupsOf(
  mounts: string,
  readControllers: (root: string) => Promise<string>,
): Promise<CgroupHierarchy | undefined> {
  const lines = mounts.split('\n').map((line) => line.split(' '));
  // The jailer takes the first as well.
  const unified = lines.find(([, , type]) => type === 'cgroup2')?.[1];
  if (unified !== undefined) {
    const available = (await readControllers(unified)).trim().split(' ');
    const has = controllers.filter((name) => available.includes(name));
    if (has.length > 0) return { version: 2, roots: new Map(has.map((name) => [name, unified])) };
  }
  const roots = new Map<Controller, string>();
  for (const name of controllers) {
    const root = lines.find(([, , type, options]) => type === 'cgroup' && options?.split(',').includes(name))?.[1];
    if (root !== undefined) roots.set(name, root);
  }
  return roots.size === 0 ? undefined : { version: 1, roots };
}
