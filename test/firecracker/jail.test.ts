import { chmod, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentEmitter } from '../../src/base/events.ts';
import { runProcess, startProcess, tryProcess } from '../../src/base/process.ts';
import type { Machine, MachineSpec } from '../../src/vm/driver.ts';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import type { JailOptions } from '../../src/vm/firecracker/jail/jail-options.ts';
import { reclaimJails } from '../../src/vm/firecracker/jail/jail-record.ts';
import { identityOf } from '../../src/vm/unprivileged.ts';
import { bedKernel } from '../support/bed-kernel.ts';
import { jailBelow, leftoversOf } from '../support/firecracker/jail-lab.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { findTool } from '../support/tools.ts';

const binary = findTool('firecracker') ?? '';
const folder = useTemporaryFolder();
const shared = sharedKernel();
let counter = 0;

/** The guest is started, nobody waits for what it does: jails are made before. */
async function specOf(change: Partial<MachineSpec> = {}): Promise<MachineSpec> {
  const runDir = join(folder.path, 'run');
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const rest = { initrds: [], kernelArgs: [], vcpus: 1, memoryMiB: 128, drives: [], emitter: silentEmitter };
  return { id: `jail-${process.pid}-${++counter}`, kernel: shared.kernel(), runDir, ...rest, ...change };
}

async function started(jail: JailOptions, spec: MachineSpec): Promise<Machine & AsyncDisposable> {
  const machine = await createFirecrackerDriver({ binary, jail }).create(spec);
  await machine.start();
  return Object.assign(machine, { [Symbol.asyncDispose]: async () => await machine.destroy() });
}

describe('a jailed machine', () => {
  it('runs as a user of its own without any rights, in namespaces of its own, sees its files only', async () => {
    const jail = jailBelow(folder.path);
    const [segment, scratch] = await twoDrives();
    const spec = await specOf({
      drives: [
        { id: 'a', path: segment, readOnly: true },
        { id: 'b', path: scratch, readOnly: false },
      ],
    });
    const { uid, gid } = identityOf(spec.id);
    await using machine = await started(jail, spec);
    const status = await readFile(`/proc/${machine.pid}/status`, 'utf8');
    expect(status).toContain(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    expect(status).toContain(`Gid:\t${gid}\t${gid}\t${gid}\t${gid}\n`);
    expect(status).toMatch(/CapEff:\t0+\n/);
    expect(status).toMatch(/Groups:\s*\n/);
    for (const space of ['pid', 'mnt']) {
      expect(await readlink(`/proc/${machine.pid}/ns/${space}`)).not.toBe(await readlink(`/proc/self/ns/${space}`));
    }
    expect((await readdir(`/proc/${machine.pid}/root`)).sort()).toEqual([
      'dev',
      'files',
      'firecracker',
      'firecracker.pid',
      'run',
    ]);
    const inside = `/proc/${machine.pid}/root/files`;
    expect((await stat(`${inside}/drive-a`)).uid).toBe(0);
    expect((await stat(`${inside}/drive-b`)).uid).toBe(uid);
    await machine.destroy();
    expect((await stat(segment)).uid).toBe(0);
    expect((await stat(scratch)).uid).toBe(0);
    expect(await leftoversOf(spec.id, jail)).toEqual([]);
  });

  it('has limits of its processors, its memory and its threads', async () => {
    const jail = jailBelow(folder.path);
    const spec = await specOf({ vcpus: 2, memoryMiB: 256 });
    await using machine = await started(jail, spec);
    const { stdout } = await runProcess('sh', {
      args: [
        '-c',
        `cd /sys/fs/cgroup/firekiln/${spec.id} && cat cpu.max memory.max pids.max; grep -x ${machine.pid} cgroup.procs`,
      ],
    });
    const memory = (256 + 128 + 4) * 1024 * 1024;
    expect(String(stdout)).toBe(`200000 100000\n${memory}\n18\n${machine.pid}\n`);
    const limits = await readFile(`/proc/${machine.pid}/limits`, 'utf8');
    expect(limits).toMatch(/Max file size\s+536870912\s/);
    expect(limits).toMatch(/Max open files\s+4096\s/);
  });

  it('can not write to what it may read only, linked or mounted, nor replace what root opens by name', async () => {
    const jail = { ...jailBelow(folder.path), chrootBase: `/dev/shm/jails-${process.pid}` };
    const [segment] = await twoDrives();
    const open = join(folder.path, 'open');
    await writeFile(open, 'open to all');
    await chmod(open, 0o666);
    for (const chrootBase of [join(folder.path, 'jails'), jail.chrootBase]) {
      const drives = [segment, open].map((path, i) => ({ id: `d${i}`, path, readOnly: true }));
      const spec = await specOf({ drives });
      await using machine = await started({ ...jail, chrootBase }, spec);
      const root = `/proc/${machine.pid}/root`;
      const { uid } = identityOf(spec.id);
      const attempts = [
        `echo x >>${root}/files/drive-d0`,
        `echo x >>${root}/files/drive-d1`,
        `rm -f ${root}/files/drive-d0`,
        `mv ${root}/run/vsock.sock ${root}/run/old`,
        `ln -s /etc ${root}/run/vsock.sock_1`,
        `mv ${root}/run ${root}/old`,
      ];
      for (const attempt of [`head -c 1 ${root}/files/drive-d0 && ls ${root}/run`, ...attempts]) {
        const as = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--inh-caps=-all'];
        const result = await tryProcess('setpriv', { args: [...as, 'sh', '-c', attempt] });
        const isHarmless = attempt.startsWith('head');
        expect({ attempt, failed: result.exitCode !== 0 }).toEqual({ attempt, failed: !isHarmless });
      }
      await machine.destroy();
      expect(await leftoversOf(spec.id, { ...jail, chrootBase })).toEqual([]);
    }
    expect(await readFile(open, 'utf8')).toBe('open to all');
    await runProcess('rm', { args: ['-r', jail.chrootBase] });
  });

  it('is a network namespace away where its tap is in one', async () => {
    const netns = `jail-${process.pid}`;
    const spec = await specOf();
    const { uid, gid } = identityOf(spec.id);
    const inside = ['netns', 'exec', netns, 'ip', 'tuntap', 'add', 'tap0', 'mode', 'tap'];
    await runProcess('ip', { args: ['netns', 'add', netns] });
    try {
      await runProcess('ip', { args: [...inside, 'user', String(uid), 'group', String(gid)] });
      const network = {
        kind: 'tap',
        tapName: 'tap0',
        netnsPath: `/run/netns/${netns}`,
        mac: '06:00:00:00:00:01',
        addresses: [],
        dhcp: false,
        routes: [],
        dns: { servers: [], search: [] },
        published: [],
      } as const;
      await using machine = await started(jailBelow(folder.path), { ...spec, network });
      expect(await readlink(`/proc/${machine.pid}/ns/net`)).not.toBe(await readlink('/proc/self/ns/net'));
    } finally {
      await runProcess('ip', { args: ['netns', 'del', netns] });
    }
  });
});

describe('what kill -9 leaves', () => {
  it.each(['owner', 'VMM', 'both'])('of the %s: no process, and nothing that is not reclaimed', async (victim) => {
    const jail = jailBelow(folder.path);
    const { emitter: _, ...spec } = await specOf();
    const script = new URL('../support/firecracker/own-a-machine.ts', import.meta.url).pathname;
    let said = '';
    const owner = await startProcess(process.execPath, {
      args: [script, JSON.stringify({ binary, jail, spec })],
      stdout: { each: (chunk) => (said += String(chunk)) },
      timeoutMs: 120_000,
    });
    await until(() => said.endsWith('\n'));
    const vmm = Number(said);
    expect(await reclaimed(jail)).toEqual([]);
    expect((await leftoversOf(spec.id, jail)).length).toBeGreaterThan(0);
    if (victim !== 'owner') process.kill(vmm, 'SIGKILL');
    if (victim !== 'VMM') process.kill(owner.pid, 'SIGKILL');
    const isGone = async () => !(await leftoversOf(spec.id, jail)).some((line) => line.includes('--id'));
    await until(isGone);
    if (victim === 'VMM') {
      await until(async () => (await leftoversOf(spec.id, jail)).length === 0);
    } else {
      expect(await reclaimed(jail)).toEqual([spec.id]);
    }
    expect(await leftoversOf(spec.id, jail)).toEqual([]);
    owner.kill('SIGKILL');
    await owner.result;
  });

  it('takes over the jail that a killed process has left', async () => {
    const jail = jailBelow(folder.path);
    const spec = await specOf();
    await mkdir(join(jail.chrootBase, 'firecracker', spec.id, 'root', 'dev'), { recursive: true });
    await runProcess('mknod', {
      args: [join(jail.chrootBase, 'firecracker', spec.id, 'root/dev/kvm'), 'c', '10', '232'],
    });
    await using machine = await started(jail, spec);
    expect(machine.state).toBe('running');
    await machine.destroy();
    expect(await leftoversOf(spec.id, jail)).toEqual([]);
  });

  it('does not take over the jail of a machine that runs', async () => {
    const jail = jailBelow(folder.path);
    const spec = await specOf();
    await using machine = await started(jail, spec);
    for (const stateDir of [jail.stateDir, join(folder.path, 'other')]) {
      const second = await createFirecrackerDriver({ binary, jail: { ...jail, stateDir } }).create(spec);
      await expect(second.start()).rejects.toMatchObject({ code: 'JAIL_IN_USE' });
      await second.destroy();
    }
    expect(machine.state).toBe('running');
    expect(machine.pid).toBeGreaterThan(0);
  });
});

describe('what can not be', () => {
  it('a jailer that is missing, or does not take its arguments', async () => {
    const jail = jailBelow(folder.path);
    for (const jailer of ['/nowhere/jailer', '/bin/false']) {
      const spec = await specOf();
      await expect(started({ ...jail, jailer }, spec)).rejects.toMatchObject({ code: 'VM_START_FAILED' });
      expect(await leftoversOf(spec.id, jail)).toEqual([]);
    }
  });

  it('a base so long that sockets have no room', async () => {
    const jail = { ...jailBelow(folder.path), chrootBase: join(folder.path, 'd'.repeat(80)) };
    await expect(started(jail, await specOf())).rejects.toMatchObject({
      code: 'VM_SPEC_INVALID',
      message: expect.stringContaining('107'),
      hint: expect.stringContaining('--chroot-base'),
    });
  });

  it('a base where device nodes do nothing, or that is not a folder of root', async () => {
    const base = join(folder.path, 'nodev');
    await mkdir(base);
    await runProcess('mount', { args: ['-t', 'tmpfs', '-o', 'nodev', 'none', base] });
    try {
      const jail = { ...jailBelow(folder.path), chrootBase: base };
      await expect(started(jail, await specOf())).rejects.toMatchObject({
        code: 'JAIL_UNUSABLE',
        message: expect.stringContaining('nodev'),
      });
    } finally {
      await runProcess('umount', { args: [base] });
    }
    const jail = jailBelow(folder.path);
    await mkdir(join(jail.chrootBase, 'firecracker'), { recursive: true });
    await chmod(join(jail.chrootBase, 'firecracker'), 0o777);
    await expect(started(jail, await specOf())).rejects.toMatchObject({ code: 'JAIL_UNUSABLE' });
  });

  it('a large file that its owner alone may read', async () => {
    const path = join(folder.path, 'private');
    await writeFile(path, '', { mode: 0o600 });
    await runProcess('truncate', { args: ['-s', '65M', path] });
    const jail = jailBelow(folder.path);
    const spec = await specOf({ drives: [{ id: 'a', path, readOnly: true }] });
    await expect(started(jail, spec)).rejects.toMatchObject({ code: 'JAIL_UNUSABLE' });
    expect(await leftoversOf(spec.id, jail)).toEqual([]);
  });
});

async function reclaimed({ stateDir }: JailOptions): Promise<readonly string[]> {
  return await reclaimJails(stateDir, (_, error) => {
    throw error;
  });
}

async function twoDrives(): Promise<[string, string]> {
  const paths: [string, string] = [join(folder.path, 'segment'), join(folder.path, 'scratch')];
  for (const path of paths) await writeFile(path, Buffer.alloc(1 << 20));
  await chmod(paths[0], 0o444);
  await chmod(paths[1], 0o600);
  return paths;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not within a minute');
}

/** Unpacked once. */
function sharedKernel(): { readonly kernel: () => MachineSpec['kernel'] } {
  let made: Awaited<ReturnType<typeof bedKernel>> | undefined;
  beforeAll(async () => {
    made = await bedKernel();
  });
  afterAll(async () => await made?.[Symbol.asyncDispose]());
  return {
    kernel: () => {
      if (made === undefined) throw new Error('no kernel yet');
      return made;
    },
  };
}
