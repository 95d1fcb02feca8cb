import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmitter, type FirekilnEvent } from '../../../src/base/events.ts';
import { bootGuest } from '../../../src/guest/boot-guest.ts';
import type { BootOptions, Guest } from '../../../src/guest/guest.ts';
import { processesNaming } from '../../support/processes.ts';
import { openTestAppliance, type TestAppliance } from '../../support/test-appliance.ts';
import { describeWithTools } from '../../support/tools.ts';

let test: TestAppliance;
let folder: string;
let counter = 0;
const events: FirekilnEvent[] = [];

async function options(change: Partial<BootOptions> = {}): Promise<BootOptions> {
  const id = `guest-${process.pid}-${++counter}`;
  return {
    driver: test.driver,
    appliance: test.appliance,
    id,
    purpose: 'build',
    vcpus: 2,
    memoryMiB: 256,
    drives: [],
    network: undefined,
    hostname: 'box',
    runDir: await mkdtemp(join(folder, 'r')),
    bootTimeoutMs: 300_000,
    emitter: createEmitter((event) => events.push(event), { module: 'test' }),
    ...change,
  };
}

async function expectNothingLeft({ id, runDir }: BootOptions): Promise<void> {
  expect(await processesNaming(`firekiln-${id}`)).toEqual([]);
  expect(await readdir(runDir)).toEqual([]);
}

describeWithTools(['qemu-system-x86_64', 'passt', 'apt-get'], 'a booted guest', () => {
  let guest: Guest;
  let guestOptions: BootOptions;

  beforeAll(async () => {
    test = await openTestAppliance();
    folder = await mkdtemp(join(tmpdir(), 'fkg-'));
    guestOptions = await options();
    guest = await bootGuest(guestOptions);
  });
  afterAll(async () => {
    await guest?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    await test?.[Symbol.asyncDispose]();
  });

  it('runs commands: output apart, exit code, ended by a signal', async () => {
    const { exitCode, stdout, stderr } = await guest.exec('echo out; echo err >&2; exit 7');
    expect([exitCode, String(stdout), String(stderr)]).toEqual([7, 'out\n', 'err\n']);
    expect(await guest.exec('kill -KILL $$')).toMatchObject({ exitCode: undefined, signal: 'KILL' });
    expect(events.map(({ event }) => event)).toEqual(['vm.starting', 'vm.started']);
  });

  it('carries three megabytes of binary in and out, and many commands at once', async () => {
    const bytes = randomBytes(3 << 20);
    const chunks: Buffer[] = [];
    await guest.exec('cat', { stdin: bytes, onStdout: (chunk) => chunks.push(chunk) });
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    const kept = await guest.exec('cat', { stdin: bytes });
    expect(kept.stdout.equals(bytes.subarray(-1 << 20))).toBe(true);
    const all = await Promise.all(Array.from({ length: 10 }, async (_, i) => await guest.exec(`echo ${i}`)));
    expect(all.map(({ stdout }) => String(stdout))).toEqual(Array.from({ length: 10 }, (_, i) => `${i}\n`));
  });

  it('an abort kills the command and what it started, and the guest goes on', async () => {
    const abort = new AbortController();
    const running = guest.exec('sleep 777 & (sleep 778 & setsid sleep 779) & echo started; sleep 780', {
      signal: abort.signal,
      onStdout: () => abort.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(String((await guest.exec("ps -o args | grep '^sleep 7' || true")).stdout)).toBe('');
  });

  it('gives a command a terminal of the asked size, resizes it and sends signals', async () => {
    // The sleep gets the signal too; where it dies before the shell is told, the shell would say so.
    const waiting = 'exec 2>/dev/null; while :; do sleep 0.1; done';
    const channel = await guest.open(`stty size; trap "stty size; exit 3" USR1; ${waiting}`, {
      terminal: { columns: 93, rows: 31, term: 'xterm' },
    });
    let shown = '';
    await new Promise<void>((resolve) => {
      channel.stream.on('data', (chunk: Buffer) => {
        shown += chunk.toString();
        if (shown.includes('31 93')) resolve();
      });
    });
    channel.resize({ columns: 50, rows: 20 });
    channel.kill('USR1');
    expect(await channel.exit).toMatchObject({ exitCode: 3 });
    expect(shown).toMatch(/31 93\r\n20 50\r\n/);
  });

  it('writes files, connects to ports, and says what is closed', async () => {
    await guest.writeFile('/run/some file', Buffer.from('content'), 0o640);
    expect(String((await guest.exec("stat -c '%a %s' '/run/some file'")).stdout)).toBe('640 7\n');
    await expect(guest.writeFile('/nowhere/file', Buffer.from(''), 0o600)).rejects.toMatchObject({
      code: 'GUEST_COMMAND_FAILED',
    });
    const listening = guest.exec('/bin/socat TCP-LISTEN:99,bind=127.0.0.1 SYSTEM:"echo hello"');
    await guest.exec('until grep -q :0063 /proc/net/tcp; do sleep 0.05; done');
    expect(await text(await guest.connect({ host: '127.0.0.1', port: 99 }))).toBe('hello\n');
    await listening;
    await expect(guest.connect({ host: '127.0.0.1', port: 98 })).rejects.toMatchObject({ code: 'GUEST_PORT_CLOSED' });
  });

  it('forwards sockets of the host, each to its own, until they are disposed', async () => {
    const serve = async (name: string, answer: Buffer) => {
      const heard: Buffer[] = [];
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
          heard.push(chunk);
          socket.write(answer);
        });
      });
      await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
      return { heard, server };
    };
    // SSH2_AGENTC_REQUEST_IDENTITIES, to which the answer has none (draft-miller-ssh-agent, section 4.4), and another.
    const one = await serve('agent', Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0]));
    const other = await serve('other', Buffer.from([9, 8, 7, 6, 5, 4, 3, 2, 1]));
    const first = await guest.forwardSocket(join(folder, 'agent'));
    const second = await guest.forwardSocket(join(folder, 'other'));
    const ask = (path: string) =>
      `printf '\\0\\0\\0\\1\\13' | /bin/socat -t 2 - UNIX-CONNECT:${path},shut-none 2>&1 | head -c 9 | od -An -tx1`;
    const asked = await guest.exec(`${ask(first.path)}; ${ask(second.path)}`);
    expect(String(asked.stdout).trim()).toMatch(/^00 00 00 05 0c 00 00 00 00\s+09 08 07 06 05 04 03 02 01$/);
    expect(Buffer.concat(one.heard)).toEqual(Buffer.from([0, 0, 0, 1, 11]));
    await first[Symbol.asyncDispose]();
    await guest.exec(ask(first.path));
    expect(Buffer.concat(one.heard).length).toBe(5);
    await second[Symbol.asyncDispose]();
    one.server.close();
    other.server.close();
  });

  it('has two processors, the programs of steps, a root that pivot_root accepts, and no seed left', async () => {
    const script = [
      'until [ "$(grep -c ^processor /proc/cpuinfo)" = 2 ]; do sleep 0.1; done',
      'mkdir -p /run/new && mount -t tmpfs t /run/new && mkdir /run/new/old',
      '/bin/unshare --mount sh -c "pivot_root /run/new /run/new/old" && echo pivoted',
      '/bin/setpriv --reuid 5 --regid 6 --clear-groups /old/bin/true 2>/dev/null; /bin/setpriv --reuid 5 id -u',
      'umount /run/new; ls -A /seed 2>/dev/null; hostname',
    ].join('\n');
    const { stdout } = await guest.exec(script);
    expect(String(stdout)).toBe('pivoted\n5\nbox\n');
  });

  it('what is still asked when the machine ends is VM_ENDED with its console', async () => {
    const waiting = guest.exec('sleep 600');
    waiting.catch(() => {});
    const { exit } = await guest.open('TOKEN=secret exec sleep 601', { shown: 'sleep 601' });
    await guest.exec('echo last words > /dev/console');
    guest.exec('echo b > /proc/sysrq-trigger').catch(() => {});
    const error = await waiting.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'VM_ENDED', message: expect.stringContaining('sleep 600') });
    expect((error as { details: string[] }).details.join('\n')).toContain('last words');
    // A command whose text is not for everybody is called otherwise.
    await expect(exit).rejects.toMatchObject({ message: expect.stringMatching(/running sleep 601/) });
    await guest[Symbol.asyncDispose]();
    await guest[Symbol.asyncDispose]();
    expect(events.at(-1)).toMatchObject({ event: 'vm.stopped', vmId: guestOptions.id, reason: 'guest' });
    await expectNothingLeft(guestOptions);
  });

  it('gets a network by DHCP, shuts down by itself, and boots beside aborted and hopeless ones', async () => {
    const hopeless = await options({ bootTimeoutMs: 1500 });
    const aborted = await options({ signal: AbortSignal.timeout(1500) });
    const good = await options();
    if (test.network === undefined) throw new Error('no network provider');
    const network = await test.network.attach({
      vmId: good.id,
      runDir: good.runDir,
      hostname: 'box',
      publish: [],
      emitter: good.emitter,
    });
    const [late, stopped, booted] = await Promise.allSettled([
      bootGuest(hopeless),
      bootGuest(aborted),
      bootGuest({ ...good, network }),
    ]);
    expect(late).toMatchObject({
      reason: { code: 'GUEST_BOOT_FAILED', message: expect.stringMatching(/last stage: \w+; no answer within 1.5 s/) },
    });
    expect(stopped).toMatchObject({ reason: { code: 'ABORTED' } });
    await expectNothingLeft(hopeless);
    await expectNothingLeft(aborted);
    if (booted.status === 'rejected') throw booted.reason;
    await using networked = booted.value;
    const { stdout } = await networked.exec('ip route; cat /etc/resolv.conf');
    expect(String(stdout)).toMatch(/^default via .*\n[\s\S]*^nameserver /m);
    await networked.shutdown();
    expect((await networked.machine.ended).reason).toBe('guest');
    await test.network.detach(good.id);
    await expectNothingLeft(good);
  });

  it.runIf(process.env.FIREKILN_TEST_FULL)('boots twenty times on a busy host', async () => {
    const busy = new AbortController();
    const { startProcess } = await import('../../../src/base/process.ts');
    const spinners = await Promise.all(
      Array.from(
        { length: 4 },
        async () => await startProcess('sh', { args: ['-c', 'while :; do :; done'], signal: busy.signal }),
      ),
    );
    try {
      for (let i = 0; i < 20; i++) {
        const each = await options();
        await using booted = await bootGuest(each);
        expect((await booted.exec('true')).exitCode).toBe(0);
      }
    } finally {
      busy.abort();
      await Promise.all(spinners.map(async ({ result }) => await result));
    }
  });
});
