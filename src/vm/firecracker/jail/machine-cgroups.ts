import type { MachineSpec } from '../../driver.ts';
import { cgroupsOfMachine, withParent } from './cgroup-folders.ts';
import { findCgroups } from './cgroup-hierarchy.ts';
import { type CgroupSetting, cgroupLimits } from './cgroup-limits.ts';
import { numaNode } from './numa-node.ts';

/** The cgroups of one machine and what is set in them. */
export interface MachineCgroups {
  readonly version: 1 | 2;
  readonly settings: readonly CgroupSetting[];
  readonly folders: readonly string[];
}

/** Undefined where this host has no cgroups that limits can be set in. The parent cgroup is held. */
export async function machineCgroups(
  spec: Pick<MachineSpec, 'id' | 'vcpus' | 'memoryMiB'>,
  node: number | undefined,
): Promise<MachineCgroups | undefined> {
  const numa = node === undefined ? undefined : await numaNode(node);
  const found = await findCgroups();
  if (found === undefined) return undefined;
  const wanted = new Map([...found.roots].filter(([name]) => name !== 'cpuset' || numa !== undefined));
  const hierarchy = await withParent({ version: found.version, roots: wanted });
  const settings = cgroupLimits(spec, hierarchy, numa);
  if (settings.length === 0) return undefined;
  return { version: found.version, settings, folders: cgroupsOfMachine(hierarchy, spec.id) };
}
