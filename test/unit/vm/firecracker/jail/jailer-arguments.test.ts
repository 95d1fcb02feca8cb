import { expect, it } from 'vitest';
import type { CgroupHierarchy, Controller } from '../../../../../src/vm/firecracker/jail/cgroup-hierarchy.ts';
import { cgroupLimits } from '../../../../../src/vm/firecracker/jail/cgroup-limits.ts';
import { jailerArguments } from '../../../../../src/vm/firecracker/jail/jailer-arguments.ts';

const all: readonly Controller[] = ['cpu', 'memory', 'pids', 'cpuset'];
const call = {
  machineId: 'vm-1',
  binary: '/opt/firecracker',
  chrootBase: '/srv/jailer',
  identity: { uid: 7, gid: 8 },
  netnsPath: undefined,
  cgroups: undefined,
  maxFileBytes: 4096,
  args: ['--api-sock', '/run/api.sock'],
};

function hierarchy(version: 1 | 2, names: readonly Controller[] = all): CgroupHierarchy {
  return { version, roots: new Map(names.map((name) => [name, '/sys/fs/cgroup'])) };
}

function settings(version: 1 | 2, names?: readonly Controller[], numa?: { node: number; cpulist: string }): string[] {
  return cgroupLimits({ vcpus: 2, memoryMiB: 640 }, hierarchy(version, names), numa).map(({ text }) => text);
}

it('a jail without cgroups or a network namespace', () => {
  expect(jailerArguments(call).join(' ')).toBe(
    '--id vm-1 --exec-file /opt/firecracker --uid 7 --gid 8 --chroot-base-dir /srv/jailer ' +
      '--resource-limit no-file=4096 --resource-limit fsize=4096 -- --api-sock /run/api.sock',
  );
});

it('names the version of cgroups: the jailer takes 1 otherwise', () => {
  const cgroups = { version: 2, parent: 'firekiln', settings: [{ controller: 'pids', text: 'pids.max=9' }] } as const;
  const words = jailerArguments({ ...call, netnsPath: '/run/netns/x', cgroups }).join(' ');
  expect(words).toContain('--netns /run/netns/x --cgroup-version 2 --parent-cgroup firekiln --cgroup pids.max=9 ');
});

it('limits of cgroups version 2 are those of the machine, memory with room for its VMM', () => {
  const memory = (640 + 128 + 10) * 2 ** 20;
  expect(settings(2)).toEqual(['cpu.max=200000 100000', `memory.max=${memory}`, 'pids.max=18']);
  expect(settings(1)).toEqual([
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=200000',
    `memory.limit_in_bytes=${memory}`,
    'pids.max=18',
  ]);
});

it('sets only what the host has controllers for', () => {
  expect(settings(2, ['pids'])).toEqual(['pids.max=18']);
  expect(settings(2, [])).toEqual([]);
});

it('a NUMA node gives its memory and its processors', () => {
  expect(settings(2, ['cpuset'], { node: 1, cpulist: '8-15' })).toEqual(['cpuset.mems=1', 'cpuset.cpus=8-15']);
});
