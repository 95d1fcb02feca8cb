import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RunningProcess, runProcess, startProcess } from '../../src/base/process.ts';
import { bedKernel } from '../support/bed-kernel.ts';
import { jailBelow } from '../support/firecracker/jail-lab.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { findTool } from '../support/tools.ts';

const controllers = ['cpu', 'memory', 'pids', 'cpuset'];
/** A mount namespace of a host with version 1: a controller can be taken from version 2 once nothing there uses it. */
const mounts = `
rmdir /sys/fs/cgroup/firekiln 2>/dev/null
for name in ${controllers.join(' ')}; do echo "-$name" >/sys/fs/cgroup/cgroup.subtree_control; done
umount /sys/fs/cgroup && mount -t tmpfs cgroup /sys/fs/cgroup || exit
for name in ${controllers.join(' ')}; do
  mkdir "/sys/fs/cgroup/$name"
  tries=0
  until mount -t cgroup -o "$name" "$name" "/sys/fs/cgroup/$name"; do
    [ "$((tries += 1))" -lt 60 ] || exit
    echo 3 >/proc/sys/vm/drop_caches
    sleep 0.5
  done
done
echo mounted
exec sleep 600`;

const isWanted = process.env.FIREKILN_TEST_BED === '1' && process.env.FIREKILN_TEST_FULL === '1';

describe.skipIf(!isWanted)('on a host with cgroups of version 1', () => {
  const folder = useTemporaryFolder();

  it('a jailed machine has its limits, and its cgroups go with it', async () => {
    await using kernel = await bedKernel();
    const host = await started('unshare', ['--mount', 'sh', '-c', mounts], /mounted\n/);
    try {
      const jail = { ...jailBelow(folder.path), numaNode: 0 };
      const runDir = join(folder.path, 'run');
      await mkdir(runDir, { mode: 0o700 });
      const id = `v1-${process.pid}`;
      const { vmlinux, modules: _ } = kernel;
      // Without a root its kernel panics, and stays.
      const rest = { initrds: [], kernelArgs: ['panic=600'], vcpus: 2, memoryMiB: 128, drives: [] };
      const owned = { binary: findTool('firecracker'), jail, spec: { id, kernel: { vmlinux }, runDir, ...rest } };
      const script = new URL('../support/firecracker/own-a-machine.ts', import.meta.url).pathname;
      const inside = ['--mount', `--target=${host.pid}`, process.execPath, script, JSON.stringify(owned)];
      const owner = await started('nsenter', inside, /^\d+\n/);
      const vmm = owner.said.trim();

      const cgroups = await readFile(`/proc/${vmm}/cgroup`, 'utf8');
      for (const name of controllers) expect(cgroups).toMatch(new RegExp(`^\\d+:${name}:/firekiln/${id}$`, 'm'));
      const files = [
        'cpu/cpu.cfs_quota_us',
        'cpu/cpu.cfs_period_us',
        'memory/memory.limit_in_bytes',
        'pids/pids.max',
        'cpuset/cpuset.mems',
      ];
      const limits = files.map(async (name) => {
        const [controller = '', file = ''] = name.split('/');
        return (
          await readFile(`/proc/${host.pid}/root/sys/fs/cgroup/${controller}/firekiln/${id}/${file}`, 'utf8')
        ).trim();
      });
      const memory = (128 + 128 + 2) << 20;
      expect(await Promise.all(limits)).toEqual(['200000', '100000', String(memory), '18', '0']);

      owner.process.kill('SIGTERM');
      expect((await owner.process.result).exitCode).toBe(0);
      const left = await runProcess('find', { args: [`/proc/${host.pid}/root/sys/fs/cgroup`, '-name', 'firekiln*'] });
      expect(String(left.stdout)).toBe('');
    } finally {
      // A hierarchy stays as it is if one of its cgroups is there when it is unmounted.
      await dropCaches(async () => (await cgroupCounts()).every((count) => count === 1));
      await host.process.stop();
    }
    // Version 2 gets its controllers back.
    await dropCaches(async () => {
      const has = (await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8')).trim().split(' ');
      return controllers.every((name) => has.includes(name));
    });
  });
});

/** How many cgroups of each controller there are, those that have ended and are still held included (cgroups(7)). */
async function cgroupCounts(): Promise<number[]> {
  const rows = (await readFile('/proc/cgroups', 'utf8')).split('\n').map((line) => line.split('\t'));
  return rows.filter(([name = '']) => controllers.includes(name)).map(([, , count]) => Number(count));
}

/** Pages of files that an ended cgroup has read hold it. */
async function dropCaches(isDone: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isDone()); tries++) {
    if (tries === 60) throw new Error('a cgroup of version 1 stays');
    await writeFile('/proc/sys/vm/drop_caches', '3');
    await sleep(500);
  }
}

interface Started {
  readonly process: RunningProcess;
  readonly pid: number;
  readonly said: string;
}

async function started(command: string, args: readonly string[], pattern: RegExp): Promise<Started> {
  let said = '';
  const running = await startProcess(command, {
    args,
    stdout: { each: (chunk) => (said += String(chunk)) },
    dieWithParent: true,
    timeoutMs: 240_000,
  });
  const over = new AbortController();
  void running.result.then(() => over.abort());
  while (!pattern.test(said) && !over.signal.aborted) await sleep(100);
  if (!pattern.test(said)) throw new Error(`${command}: ${String((await running.result).stderr)}`);
  return { process: running, pid: running.pid, said };
}
