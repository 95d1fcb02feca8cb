import { expect, it } from 'vitest';
import { cgroupsOf } from '../../../../../src/vm/firecracker/jail/cgroup-hierarchy.ts';

const unified = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n';
const hybrid = [
  'tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0',
  'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
  'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
].join('\n');

it('finds version 2 with the controllers that it has', async () => {
  const found = await cgroupsOf(unified, async () => 'cpuset cpu io memory hugetlb pids rdma misc\n');
  expect(found?.version).toBe(2);
  expect([...(found?.roots ?? [])]).toEqual(
    ['cpu', 'memory', 'pids', 'cpuset'].map((name) => [name, '/sys/fs/cgroup']),
  );
});

it('takes version 1 where version 2 has no controllers', async () => {
  const found = await cgroupsOf(hybrid, async () => '\n');
  expect(found?.version).toBe(1);
  expect([...(found?.roots ?? [])]).toEqual([
    ['cpu', '/sys/fs/cgroup/cpu,cpuacct'],
    ['memory', '/sys/fs/cgroup/memory'],
  ]);
});

it('finds none where none is mounted', async () => {
  expect(await cgroupsOf('proc /proc proc rw 0 0\n', async () => '')).toBeUndefined();
});
