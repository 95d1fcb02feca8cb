import type { MachineSpec } from '../../driver.ts';
import type { CgroupHierarchy, Controller } from './cgroup-hierarchy.ts';

/** One NUMA node and its processors, as /sys/devices/system/node lists them. */
export interface NumaNode {
  readonly node: number;
  readonly cpulist: string;
}

/** `file=value`, as the jailer's `--cgroup` takes it. */
export interface CgroupSetting {
  readonly controller: Controller;
  readonly text: string;
}

const cpuPeriodUs = 100_000;
const mib = 1024 * 1024;
/** Of Firecracker itself, its devices' buffers, and page tables of the guest's memory. */
const overheadMiB = 128;
const overheadShare = 1 / 64;
/** Threads of Firecracker beside those of the guest's processors: three, and room. */
const spareThreads = 16;

/** What a machine may use of its host, its VMM included: as many processors as it has, its memory and some. */
export function cgroupLimits(
  { vcpus, memoryMiB }: Pick<MachineSpec, 'vcpus' | 'memoryMiB'>,
  { version, roots }: CgroupHierarchy,
  numa: NumaNode | undefined,
): readonly CgroupSetting[] {
  const quota = vcpus * cpuPeriodUs;
  const memory = (memoryMiB + overheadMiB + Math.ceil(memoryMiB * overheadShare)) * mib;
  const all: CgroupSetting[] = [
    ...(version === 2
      ? ([
          { controller: 'cpu', text: `cpu.max=${quota} ${cpuPeriodUs}` },
          { controller: 'memory', text: `memory.max=${memory}` },
        ] as const)
      : ([
          { controller: 'cpu', text: `cpu.cfs_period_us=${cpuPeriodUs}` },
          { controller: 'cpu', text: `cpu.cfs_quota_us=${quota}` },
          { controller: 'memory', text: `memory.limit_in_bytes=${memory}` },
        ] as const)),
    { controller: 'pids', text: `pids.max=${vcpus + spareThreads}` },
  ];
  if (numa !== undefined) {
    all.push({ controller: 'cpuset', text: `cpuset.mems=${numa.node}` });
    all.push({ controller: 'cpuset', text: `cpuset.cpus=${numa.cpulist}` });
  }
  return all.filter(({ controller }) => roots.has(controller));
}
