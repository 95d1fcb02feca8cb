import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VmDescription } from '../../../src/runtime/describe-vm.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { makeBusyboxImage } from '../../support/busybox-image.ts';
import { freePort } from '../../support/free-port.ts';
import { processesNaming } from '../../support/processes.ts';
import { runFirekiln } from '../../support/run-firekiln.ts';
import { describeWithTools } from '../../support/tools.ts';

/** Kept for the next run: kernel and appliance are made once. */
const dataDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'data');
const tag = randomBytes(4).toString('hex');
const image = `firekiln-run-test:${tag}`;
const [job, web, victim] = [`job-${tag}`, `web-${tag}`, `victim-${tag}`];

const firekiln = async (...args: string[]) => await runFirekiln(dataDir, args);

async function inspectOf(
  name: string,
): Promise<{ description: VmDescription | undefined; state: Record<string, number> }> {
  const { stdout } = await firekiln('ps', '-a', '--json', '--filter', `name=${name}`);
  const [description] = JSON.parse(stdout) as VmDescription[];
  const { readFile } = await import('node:fs/promises');
  const state = description && (await readFile(join(dataDir, 'vms', description.id, 'state.json'), 'utf8'));
  return { description, state: state === undefined ? {} : (JSON.parse(state) as Record<string, number>) };
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await sleep(200);
  }
}

async function fetchText(url: string): Promise<string | undefined> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(5000) })).text();
  } catch {
    return undefined;
  }
}

describeWithTools(['qemu-system-x86_64', 'passt', 'busybox'], 'run, with real VMs', () => {
  beforeAll(async () => {
    await using store = await openStore({ dataDir });
    await makeBusyboxImage(store, `docker.io/library/${image}`, {
      WorkingDir: '/srv/work',
      Env: ['PATH=/bin', 'FROM_IMAGE=yes', 'BOTH=image'],
      StopSignal: 'SIGUSR1',
      Volumes: { '/data': {} },
      Healthcheck: { Test: ['CMD-SHELL', '[ -e /www/index.html ]'], Interval: 1e9 },
    });
  });
  afterAll(async () => {
    await firekiln('rm', '-f', web, victim);
    await using store = await openStore({ dataDir });
    await store.images.untag(`docker.io/library/${image}`);
  });

  it('runs a program as docker would, and leaves nothing with --rm', async () => {
    const script = [
      'pwd; id; echo "$FROM_IMAGE $BOTH $GIVEN $HOME"; hostname',
      'grep -c box.example /etc/hosts; cat /data/seed; grep -c " /data ext4" /proc/mounts',
      'cat; echo problem >&2; exit 7',
    ].join('\n');
    const flags = [
      '-i',
      '--rm',
      '--name',
      job,
      '-u',
      'app',
      '-e',
      'BOTH=flag',
      '-e',
      "GIVEN=it's",
      '--hostname',
      'box.example',
    ];
    const result = await runFirekiln(dataDir, ['run', image, ...flags, 'sh', '-c', script], { input: 'typed\n' });
    expect(result.stdout.split('\n')).toEqual([
      '/srv/work',
      'uid=1000(app) gid=100(users) groups=50(extra),100(users)',
      "yes flag it's /home",
      'box.example',
      '1',
      'from the image',
      '1',
      'typed',
      '',
    ]);
    expect(result.stderr).toMatch(/^problem$/m);
    expect(result.stderr).not.toContain('error[');
    expect(result.code).toBe(7);
    expect((await inspectOf(job)).description).toBeUndefined();
    expect((await firekiln('logs', job)).stderr).toMatch(/VM_NOT_FOUND/);
  });

  it('keeps a VM in the background, with its ports, logs and programs, until it is stopped', async () => {
    const port = await freePort();
    const script = [
      'trap "echo stopping; exit 3" USR1',
      'mkdir -p /www; echo "hello from $(hostname)" >/www/index.html; httpd -p 80 -h /www',
      'echo serving; echo warning >&2',
      'while :; do sleep 0.2; done',
    ].join('\n');
    const started = await firekiln('run', '-d', '--name', web, '-p', `${port}:80`, image, 'sh', '-c', script);
    expect(started.stderr).not.toContain('error[');
    expect(started.code).toBe(0);
    const id = started.stdout.trim();
    expect(id).toMatch(/^[0-9a-f]{12}$/);

    await until('httpd serves', async () => (await firekiln('logs', web)).stdout.includes('serving'));
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toBe(`hello from ${id}\n`);
    const { description } = await inspectOf(web);
    expect(description).toMatchObject({ id, name: web, state: 'running', ports: [`127.0.0.1:${port}->80/tcp`] });
    await until('the test of HEALTHCHECK', async () => (await firekiln('ps')).stdout.includes('(healthy)'));
    expect(await firekiln('logs', '--tail', '1', id.slice(0, 6))).toMatchObject({ stdout: '', stderr: 'warning\n' });

    const exec = [
      'exec',
      '-u',
      '1000',
      '-w',
      '/tmp',
      '-e',
      'X=y',
      web,
      'sh',
      '-c',
      'id -u; pwd; echo $X; echo no >&2; exit 9',
    ];
    expect(await firekiln(...exec)).toEqual({ code: 9, stdout: '1000\n/tmp\ny\n', stderr: 'no\n' });
    expect((await firekiln('exec', web, 'nosuch')).code).toBe(127);

    const taken = await firekiln('run', '-d', '-p', `${port}:80`, image);
    expect(taken.code).toBe(125);
    expect(taken.stderr).toContain(`error[PORT_TAKEN]: port ${port} of 127.0.0.1 is taken by the VM ${web}`);
    const twin = await firekiln('run', '-d', '--name', web, image);
    expect(twin.code).toBe(125);
    expect(twin.stderr).toContain('VM_NAME_TAKEN');
    expect((await firekiln('rm', web)).stderr).toContain('VM_STILL_RUNNING');

    const [waited, stopped] = await Promise.all([firekiln('wait', web), firekiln('stop', web)]);
    expect([waited.stdout, stopped.code]).toEqual(['3\n', 0]);
    expect((await firekiln('logs', web)).stdout).toBe('serving\nstopping\n');
    expect((await firekiln('logs', '--boot', web)).stdout).toMatch(/firekiln: ready/);
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toBeUndefined();
    expect(await processesNaming(id)).toEqual([]);
    expect((await inspectOf(web)).description).toMatchObject({ state: 'exited', exitCode: 3 });
    expect((await firekiln('rm', web)).code).toBe(0);
    expect(await readdir(join(dataDir, 'vms'))).not.toContain(id);
    expect((await firekiln('exec', web, 'true')).code).toBe(125);
  });

  it('leaves nothing running when the shim is killed, and says so', async () => {
    const started = await firekiln('run', '-d', '--name', victim, image, 'sleep', '1000');
    const id = started.stdout.trim();
    const { state } = await inspectOf(victim);
    const { shimPid, vmmPid } = state;
    if (shimPid === undefined || vmmPid === undefined) throw new Error(`not running: ${started.stderr}`);
    process.kill(shimPid, 'SIGKILL');
    await until('the VMM is gone', async () => (await readdir('/proc')).includes(String(vmmPid)) === false);
    const { description } = await inspectOf(victim);
    expect(description).toMatchObject({ state: 'exited', exitCode: 125 });
    expect(description?.status).toContain('the process that owned the VM was killed');
    expect((await firekiln('wait', victim)).stdout).toBe('125\n');
    expect((await firekiln('rm', victim)).code).toBe(0);
    expect(await readdir(join(dataDir, 'vms'))).not.toContain(id);
    expect(await readdir(join(dataDir, 'network', 'user'))).not.toContain(`${id}.json`);
  });

  it('refuses before anything is booted', async () => {
    const before = (await firekiln('ps', '-aq')).stdout;
    const missing = await firekiln('run', '--entrypoint', '', image);
    expect(missing.code).toBe(125);
    expect(missing.stderr).toContain('RUN_NO_COMMAND');
    const volume = await firekiln('run', '-v', '/a:/b', image);
    expect(volume.code).toBe(125);
    expect(volume.stderr).toContain('no -v or --volume');
    expect((await firekiln('ps', '-aq')).stdout).toBe(before);
  });
});
