import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentEmitter } from '../../src/base/events.ts';
import { askedOptions } from '../../src/vm/asked-options.ts';
import type { KernelImage, Machine, MachineDriver, MachineSpec } from '../../src/vm/driver.ts';
import type { MachineOption } from '../../src/vm/machine-options.ts';

/** A guest that the suite can boot and talk to. */
export interface TestGuest {
  readonly kernel: KernelImage;
  readonly initrds: readonly string[];
  readonly kernelArgs: readonly string[];
  /** Matches the console once the guest answers on its control port. */
  readonly ready: RegExp;
  /** Milliseconds after which a boot counts as failed. */
  readonly bootMs: number;
  /** Logs in over a dialled control stream; the returned shell runs POSIX commands as root. */
  connect(stream: Duplex): Promise<TestShell>;
}

export interface TestShell extends AsyncDisposable {
  exec(command: string, stdin?: Buffer): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number | undefined }>;
}

export interface DriverFixture extends AsyncDisposable {
  readonly driver: MachineDriver;
  guest(machineId: string): Promise<TestGuest>;
  /**
   * What is still there of a machine outside its run folder, for a person: processes, jails, cgroups, mounts, netns.
   */
  leftovers(machineId: string): Promise<readonly string[]>;
  /** What is said where this VMM can pause for a snapshot only. */
  readonly pauseFault?: string | undefined;
}

export interface DriverSuiteOptions {
  readonly name: string;
  /** Where run folders are made; short, as socket paths are limited. */
  readonly runRoot: string;
  fixture(): Promise<DriverFixture>;
  /** Checks that this driver can't be asked for, with the reason; shown as skipped. */
  readonly except?: Partial<Record<DriverCheck, string>>;
}

/** Checks that a driver may be excused from. */
export type DriverCheck = 'panic' | 'kill' | 'drives' | 'resources' | 'missing-kernel' | 'console-flood' | 'snapshot';

const bucket = { size: 1 << 20, refillMs: 100 };
const cable = { mac: '02:00:00:00:00:01', addresses: [], dhcp: true, routes: [], published: [] } as const;

/** A specification that asks for one option and nothing else. */
const asking: Readonly<Record<MachineOption, Partial<MachineSpec>>> = {
  'cpu-template': { cpuTemplate: 'T2' },
  smt: { smt: true, vcpus: 2 },
  'huge-pages': { hugePages: '2M' },
  balloon: { balloon: { amountMiB: 16, deflateOnOom: true } },
  'entropy-rate-limit': { entropyRateLimit: { bandwidth: bucket } },
  metadata: {
    metadata: { content: {} },
    network: { ...cable, kind: 'tap', tapName: 'tap0', dns: { servers: [], search: [] } },
  },
  metrics: { metrics: true },
  'root-drive': { rootDrive: {}, drives: [{ id: 'root', path: '/dev/null', readOnly: true }] },
  'network-rate-limits': { networkRateLimits: { receive: { operations: bucket } } },
  'drive-rate-limit': { drives: [{ id: 'a', path: '/dev/null', readOnly: true, rateLimit: { bandwidth: bucket } }] },
  'io-engine': { drives: [{ id: 'a', path: '/dev/null', readOnly: true, ioEngine: 'Async' }] },
};

/** The contract of src/vm/driver.ts as tests; every driver passes it, the fake included. */
export function testDriver(options: DriverSuiteOptions): void {
  const { name, runRoot, except = {} } = options;
  const check = (which: DriverCheck, title: string, body: () => Promise<void>) => {
    const reason = except[which];
    if (reason === undefined) it(title, body);
    else it.skip(`${title} (${reason})`, body);
  };

  describe(`driver ${name}`, () => {
    let fixture: DriverFixture;
    let counter = 0;
    let folder: string;
    const open: Lab[] = [];

    beforeAll(async () => {
      fixture = await options.fixture();
      folder = await mkdtemp(join(runRoot, 'fkd-'));
    });
    afterAll(async () => {
      for (const lab of open) await lab.machine.destroy();
      await rm(folder, { recursive: true, force: true });
      await fixture[Symbol.asyncDispose]();
    });

    interface Lab extends AsyncDisposable {
      readonly machine: Machine;
      readonly guest: TestGuest;
      readonly runDir: string;
      boot(): Promise<void>;
      shell(): Promise<TestShell>;
    }

    async function lab(change: Partial<MachineSpec> = {}): Promise<Lab> {
      const id = change.id ?? `t-${process.pid}-${++counter}`;
      const runDir = await mkdtemp(join(folder, 'r'));
      const guest = await fixture.guest(id);
      const machine = await fixture.driver.create({
        id,
        kernel: guest.kernel,
        initrds: guest.initrds,
        kernelArgs: guest.kernelArgs,
        vcpus: 1,
        memoryMiB: 256,
        drives: [],
        runDir,
        emitter: silentEmitter,
        ...change,
      });
      const ready = consoleMatch(machine, guest.ready, guest.bootMs);
      ready.catch(() => {});
      const made: Lab = {
        machine,
        guest,
        runDir,
        boot: async () => {
          await machine.start();
          await ready;
        },
        shell: async () => await guest.connect(await machine.dial()),
        [Symbol.asyncDispose]: async () => await machine.destroy(),
      };
      open.push(made);
      return made;
    }

    async function expectNothingLeft({ machine, runDir }: Lab): Promise<void> {
      expect(await fixture.leftovers(machine.id)).toEqual([]);
      expect(await readdir(runDir)).toEqual([]);
    }

    describe('before it runs', () => {
      it('create starts nothing', async () => {
        await using vm = await lab();
        expect(vm.machine.state).toBe('created');
        expect(vm.machine.pid).toBeUndefined();
        expect(vm.machine.consoleTail()).toBe('');
      });

      it('refuses dial before start', async () => {
        await using vm = await lab();
        await expect(vm.machine.dial()).rejects.toThrow(/not running/);
      });

      it('stop and destroy are safe before start, twice', async () => {
        const vm = await lab();
        expect((await vm.machine.stop()).reason).toBe('stopped');
        expect((await vm.machine.stop({ graceMs: 1000 })).reason).toBe('stopped');
        await vm.machine.destroy();
        await vm.machine.destroy();
        expect(vm.machine.state).toBe('destroyed');
        expect((await vm.machine.ended).reason).toBe('stopped');
        await expectNothingLeft(vm);
      });

      it('does not start after destroy', async () => {
        const vm = await lab();
        await vm.machine.destroy();
        await expect(vm.machine.start()).rejects.toThrow();
        await expectNothingLeft(vm);
      });

      it.each(['', 'a/b', '../x', 'a b', 'x'.repeat(61), 'a\n'])('refuses the id %j', async (id) => {
        await expect(lab({ id })).rejects.toMatchObject({ code: 'VM_SPEC_INVALID' });
      });

      it('refuses more drives than it has room for, naming the limit', async () => {
        const limit = fixture.driver.capabilities.maxDrives;
        const drives = Array.from({ length: limit + 1 }, (_, i) => ({
          id: `d${i}`,
          path: '/dev/null',
          readOnly: true,
        }));
        await expect(lab({ drives })).rejects.toMatchObject({
          code: 'VM_SPEC_INVALID',
          message: expect.stringContaining(String(limit)),
        });
      });

      it('refuses a drive id with other characters, and the same id twice', async () => {
        for (const ids of [['a,b'], ['a', 'a']]) {
          const drives = ids.map((id) => ({ id, path: '/dev/null', readOnly: true }));
          await expect(lab({ drives })).rejects.toMatchObject({ code: 'VM_SPEC_INVALID' });
        }
      });

      it.each([{ vcpus: 0 }, { vcpus: 1.5 }, { vcpus: 100_000 }, { memoryMiB: 1 }, { memoryMiB: Number.NaN }])(
        'refuses %j',
        async (change) => {
          await expect(lab(change)).rejects.toMatchObject({ code: 'VM_SPEC_INVALID' });
        },
      );

      it.each(Object.keys(asking) as MachineOption[])('takes the option %s, or refuses it by name', async (option) => {
        const change = asking[option];
        const { capabilities, name: driver } = fixture.driver;
        if (capabilities.options.includes(option)) {
          await using vm = await lab(change);
          expect(askedOptions({ drives: [], ...change } as unknown as MachineSpec)).toEqual([option]);
          expect(vm.machine.state).toBe('created');
        } else {
          await expect(lab(change)).rejects.toMatchObject({
            code: 'VM_UNSUPPORTED',
            message: expect.stringContaining(`driver ${driver} has no `),
          });
        }
      });

      it.each<[string, Partial<MachineSpec>]>([
        ['a CPU template that is none', { cpuTemplate: 'Z80' as 'T2' }],
        ['a balloon larger than the memory', { balloon: { amountMiB: 257, deflateOnOom: true } }],
        ['a bucket without room', { entropyRateLimit: { bandwidth: { size: 0, refillMs: 1 } } }],
        ['a partition that adds kernel words', { ...asking['root-drive'], rootDrive: { partuuid: 'a init=/bin/sh' } }],
        ['a root without a drive', { rootDrive: {} }],
        ['metadata without a network', { metadata: { content: {} } }],
      ])('refuses %s', async (_, change) => {
        await expect(lab(change)).rejects.toMatchObject({
          code: expect.stringMatching(/^VM_(SPEC_INVALID|UNSUPPORTED)$/),
        });
      });

      it('refuses what is of snapshots where there are none', async () => {
        if (fixture.driver.capabilities.snapshot) return;
        for (const change of [{ trackChanges: true }, { restore: { folder } }]) {
          await expect(lab(change)).rejects.toMatchObject({ code: 'VM_UNSUPPORTED' });
        }
      });

      it('refuses a run folder whose socket paths would be too long', async () => {
        const runDir = join(folder, 'd'.repeat(100));
        await expect(lab({ runDir })).rejects.toMatchObject({ code: 'VM_SPEC_INVALID' });
      });

      check('missing-kernel', 'a failed start leaves nothing once destroyed', async () => {
        const missing = join(folder, 'no-such-kernel');
        const vm = await lab({ kernel: { vmlinux: missing, bzImage: missing } });
        await expect(vm.machine.start()).rejects.toMatchObject({ message: expect.stringContaining('no-such-kernel') });
        expect((await vm.machine.stop()).reason).not.toBe('guest');
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });

      it('an aborted start is ABORTED and leaves nothing once destroyed', async () => {
        const vm = await lab();
        await expect(vm.machine.start(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });
    });

    describe('while it runs', () => {
      let running: Lab;
      beforeAll(async () => {
        running = await lab({ vcpus: 2, memoryMiB: 320 });
        await running.boot();
      });
      afterAll(async () => await running.machine.destroy());

      it('has a process and the state running', () => {
        expect(running.machine.state).toBe('running');
        expect(running.machine.pid).toBeGreaterThan(0);
        expect(running.machine.consoleTail()).toMatch(running.guest.ready);
      });

      it('does not start twice', async () => {
        await expect(running.machine.start()).rejects.toThrow();
        expect(running.machine.state).toBe('running');
      });

      it('runs a command over the control stream, stdout, stderr and exit code apart', async () => {
        await using shell = await running.shell();
        const result = await shell.exec('echo out; echo err >&2; exit 7');
        expect({ ...result, stdout: String(result.stdout), stderr: String(result.stderr) }).toEqual({
          stdout: 'out\n',
          stderr: 'err\n',
          exitCode: 7,
        });
      });

      it('can be dialled again and again', async () => {
        for (let round = 0; round < 4; round++) {
          await using shell = await running.shell();
          expect(String((await shell.exec(`echo ${round}`)).stdout)).toBe(`${round}\n`);
        }
      });

      it('can be dialled again after a stream that was cut', async () => {
        const cut = await running.machine.dial();
        cut.on('error', () => {});
        cut.destroy();
        await using shell = await running.shell();
        expect(String((await shell.exec('echo again')).stdout)).toBe('again\n');
      });

      it('carries two megabytes of binary both ways unharmed', async () => {
        const bytes = Buffer.alloc(2 << 20);
        for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7 + (i >> 8)) & 0xff;
        await using shell = await running.shell();
        expect((await shell.exec('cat', bytes)).stdout.equals(bytes)).toBe(true);
      });

      it('an aborted dial is ABORTED, and the next one works', async () => {
        await expect(running.machine.dial({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
        await using shell = await running.shell();
        expect((await shell.exec('true')).exitCode).toBe(0);
      });

      it('stands still while it is paused', async ({ skip }) => {
        if (!fixture.driver.capabilities.pause) skip('this driver can not pause');
        if (fixture.pauseFault !== undefined) {
          const refused = { code: 'VM_UNSUPPORTED', message: expect.stringContaining(fixture.pauseFault) };
          await expect(running.machine.pause()).rejects.toMatchObject(refused);
          expect(running.machine.state).toBe('running');
          skip(fixture.pauseFault);
        }
        await using shell = await running.shell();
        await running.machine.pause();
        await running.machine.pause();
        expect(running.machine.state).toBe('paused');
        expect(running.machine.pid).toBeGreaterThan(0);
        await expect(running.machine.dial()).rejects.toMatchObject({ code: 'VM_ENDED', message: /paused/ });
        if (fixture.driver.name !== 'fake') {
          let isDone = false;
          const later = shell.exec('echo later').then((result) => {
            isDone = true;
            return result;
          });
          await new Promise((resolve) => setTimeout(resolve, 300));
          expect(isDone).toBe(false);
          await running.machine.resume();
          expect(String((await later).stdout)).toBe('later\n');
        }
        await running.machine.resume();
        expect(running.machine.state).toBe('running');
      });

      it('tells what it lacks', async () => {
        const { capabilities } = fixture.driver;
        const { machine } = running;
        if (!capabilities.inspect) await expect(machine.inspect()).rejects.toMatchObject({ code: 'VM_UNSUPPORTED' });
        if (!capabilities.inspect) await expect(machine.change({})).rejects.toMatchObject({ code: 'VM_UNSUPPORTED' });
        const snapshot = machine.snapshot({ folder: join(folder, 'never'), holdsSecrets: true });
        const code = capabilities.snapshot ? 'SNAPSHOT_REFUSED' : 'VM_UNSUPPORTED';
        await expect(snapshot).rejects.toMatchObject({ code });
        expect(existsSync(join(folder, 'never'))).toBe(false);
        expect(machine.state).toBe('running');
      });

      check('resources', 'gives the processors and the memory that were asked for', async () => {
        await using shell = await running.shell();
        const { stdout } = await shell.exec('grep -c ^processor /proc/cpuinfo; grep ^MemTotal: /proc/meminfo');
        const [, processors, kib] = /^(\d+)\nMemTotal:\s+(\d+) kB/.exec(String(stdout)) ?? [];
        expect(Number(processors)).toBe(2);
        expect(Number(kib) / 1024).toBeGreaterThan(200);
        expect(Number(kib) / 1024).toBeLessThanOrEqual(320);
      });

      check('resources', 'has no network device but the loopback when none was given', async () => {
        await using shell = await running.shell();
        expect(String((await shell.exec('ls /sys/class/net')).stdout).trim()).toBe('lo');
      });

      check('console-flood', 'keeps the end of a flood on the console and no more than 256 KiB', async () => {
        await using shell = await running.shell();
        const end = consoleMatch(running.machine, /flood-end/, 60_000);
        await shell.exec("{ head -c 400000 /dev/zero | tr '\\0' x; echo; echo flood-end; } > /dev/console");
        await end;
        const tail = running.machine.consoleTail();
        expect(tail.length).toBeLessThanOrEqual(256 * 1024);
        expect(tail).toContain('flood-end');
      });

      it('a console listener that was removed hears nothing more', async () => {
        const heard: string[] = [];
        const remove = running.machine.onConsole((chunk) => heard.push(String(chunk)));
        remove();
        const seen = consoleMatch(running.machine, /spoken/, 60_000);
        await using shell = await running.shell();
        await shell.exec('echo spoken > /dev/console');
        await seen;
        expect(heard).toEqual([]);
      });
    });

    describe('drives', () => {
      check('drives', 'come in order, read-only where said, and keep what was written and synced', async () => {
        const sizes = [1, 2, 3];
        const drives = [];
        for (const size of sizes) {
          const path = join(folder, `drive-${size}.img`);
          await writeFile(path, Buffer.alloc(size << 20, size));
          drives.push({ id: `drive${size}`, path, readOnly: size !== 3 });
        }
        const prefix = fixture.driver.capabilities.drivePrefix;
        const hasRoot = fixture.driver.capabilities.options.includes('root-drive');
        const vm = await lab({ drives, ...(hasRoot ? { rootDrive: { partuuid: '0fa0-01' } } : {}) });
        await vm.boot();
        {
          await using shell = await vm.shell();
          if (hasRoot) {
            expect(String((await shell.exec('cat /proc/cmdline')).stdout)).toMatch(/ root=PARTUUID=0fa0-01 ro\b/);
          }
          const names = ['a', 'b', 'c'].map((letter) => `${prefix}${letter}`);
          const look = names.map((n) => `cat /sys/block/${n}/size /sys/block/${n}/ro`).join('; ');
          expect(
            String((await shell.exec(look)).stdout)
              .trim()
              .split('\n'),
          ).toEqual(['2048', '1', '4096', '1', '6144', '0']);
          const refused = await shell.exec(`dd if=/dev/zero of=/dev/${names[0]} bs=4096 count=1 conv=fsync`);
          expect(refused.exitCode).not.toBe(0);
          const written = await shell.exec(`printf kept | dd of=/dev/${names[2]} bs=512 seek=9 conv=notrunc,fsync`);
          expect(written.exitCode).toBe(0);
        }
        await vm.machine.stop();
        await vm.machine.destroy();
        await expectNothingLeft(vm);
        expect((await readFile(join(folder, 'drive-3.img'))).subarray(9 * 512, 9 * 512 + 4).toString()).toBe('kept');
        expect((await readFile(join(folder, 'drive-1.img'))).every((byte) => byte === 1)).toBe(true);
      });

      check('drives', 'as many as maxDrives says', async () => {
        const count = fixture.driver.capabilities.maxDrives;
        const drives = [];
        for (let i = 0; i < count; i++) {
          const path = join(folder, `many-${i}.img`);
          await writeFile(path, Buffer.alloc((i + 1) * 4096));
          drives.push({ id: `m${i}`, path, readOnly: true });
        }
        await using vm = await lab({ drives });
        await vm.boot();
        await using shell = await vm.shell();
        const last = `${fixture.driver.capabilities.drivePrefix}${String.fromCharCode(0x60 + count)}`;
        expect(String((await shell.exec(`cat /sys/block/${last}/size`)).stdout).trim()).toBe(String(count * 8));
      });
    });

    describe('snapshots', () => {
      check('snapshot', 'go on in another machine where they were taken', async () => {
        const path = join(folder, 'snapshot-drive.img');
        await writeFile(path, Buffer.alloc(1 << 20, 7));
        const spec = { drives: [{ id: 'data', path, readOnly: true }], memoryMiB: 128, trackChanges: true };
        // Anew, so that it can be tried once more.
        const place = await mkdtemp(join(folder, 's-'));
        const [first, second] = [join(place, '1'), join(place, '2')];
        const from = await lab(spec);
        await from.boot();
        {
          await using shell = await from.shell();
          await shell.exec('echo one > /tmp/said; sleep 10000 >/dev/null 2>&1 </dev/null & echo $! > /tmp/pid');
        }
        const facts = await from.machine.snapshot({ folder: first, holdsSecrets: false });
        expect(facts).toMatchObject({ driver: fixture.driver.name, memoryMiB: 128, drives: [{ id: 'data' }] });
        expect(from.machine.state).toBe('running');
        {
          await using shell = await from.shell();
          await shell.exec('echo two >> /tmp/said');
        }
        await from.machine.snapshot({ folder: second, base: first, holdsSecrets: false });
        const again = { folder: join(folder, 's3'), holdsSecrets: false };
        await expect(from.machine.snapshot({ ...again, base: first })).rejects.toMatchObject({
          code: 'SNAPSHOT_REFUSED',
        });
        await expect(from.machine.snapshot({ ...again, folder: first })).rejects.toMatchObject({
          code: 'SNAPSHOT_REFUSED',
        });
        expect(existsSync(again.folder)).toBe(false);
        await from.machine.destroy();
        await expectNothingLeft(from);
        for (const made of [first, second]) {
          expect((await stat(made)).mode & 0o777).toBe(0o700);
          for (const name of await readdir(made)) expect((await stat(join(made, name))).mode & 0o777).toBe(0o600);
        }

        const copy = join(folder, 'snapshot-drive-copy.img');
        await writeFile(copy, await readFile(path));
        const drives = [{ id: 'data', path: copy, readOnly: true }];
        for (const [made, said] of [
          [first, 'one\n'],
          [second, 'one\ntwo\n'],
        ] as const) {
          await using vm = await lab({ ...spec, drives, restore: { folder: made, paused: made === first } });
          await vm.machine.start();
          if (made === first) {
            expect(vm.machine.state).toBe('paused');
            await vm.machine.resume();
          }
          await using shell = await vm.shell();
          expect(String((await shell.exec('cat /tmp/said')).stdout)).toBe(said);
          const device = `/dev/${fixture.driver.capabilities.drivePrefix}a`;
          const look = `kill -0 $(cat /tmp/pid) && head -c 1 ${device} | od -An -tu1`;
          expect(String((await shell.exec(look)).stdout).trim()).toBe('7');
        }

        const misfits = [
          { restore: { folder: first }, memoryMiB: 256 },
          { restore: { folder: first }, drives: [{ ...drives[0], readOnly: false }] },
          { restore: { folder: path } },
        ];
        for (const misfit of misfits) {
          const vm = await lab({ ...spec, drives, ...misfit } as Partial<MachineSpec>);
          await expect(vm.machine.start()).rejects.toMatchObject({ code: 'SNAPSHOT_INCOMPATIBLE' });
          await vm.machine.destroy();
          await expectNothingLeft(vm);
        }
      });
    });

    describe('how it ends', () => {
      it('the guest resets: reason guest, nothing left', async () => {
        const vm = await lab();
        await vm.boot();
        const shell = await vm.shell();
        shell.exec('echo b > /proc/sysrq-trigger').catch(() => {});
        expect((await vm.machine.ended).reason).toBe('guest');
        expect(vm.machine.state).toBe('ended');
        expect(vm.machine.pid).toBeUndefined();
        await expect(vm.machine.dial()).rejects.toThrow(/not running|ended/);
        expect((await vm.machine.stop()).reason).toBe('guest');
        await shell[Symbol.asyncDispose]();
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });

      it('the guest powers off: reason guest, nothing left', async () => {
        const vm = await lab();
        await vm.boot();
        const shell = await vm.shell();
        shell.exec('poweroff -f').catch(() => {});
        expect((await vm.machine.ended).reason).toBe('guest');
        await shell[Symbol.asyncDispose]();
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });

      check('panic', 'the kernel panics: reason panic', async () => {
        const vm = await lab();
        await vm.boot();
        const shell = await vm.shell();
        shell.exec('echo c > /proc/sysrq-trigger').catch(() => {});
        expect((await vm.machine.ended).reason).toBe('panic');
        await shell[Symbol.asyncDispose]();
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });

      check('kill', 'killed from outside: reason vmm-failed, open streams end, nothing left', async () => {
        const vm = await lab();
        await vm.boot();
        const stream = await vm.machine.dial();
        const closed = new Promise<void>((resolve) => {
          stream.once('close', () => resolve());
          stream.on('error', () => {});
          stream.resume();
        });
        const { pid } = vm.machine;
        expect(pid).toBeGreaterThan(0);
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
        const end = await vm.machine.ended;
        expect(end.reason).toBe('vmm-failed');
        expect(end.detail).not.toBe('');
        await closed;
        await vm.machine.destroy();
        await expectNothingLeft(vm);
      });

      it('stop during boot ends it at once; a second stop and destroy agree', async () => {
        const vm = await lab();
        await vm.machine.start();
        const [first, second] = await Promise.all([vm.machine.stop(), vm.machine.stop({ graceMs: 5000 })]);
        expect(first.reason).toBe('stopped');
        expect(second).toEqual(first);
        await Promise.all([vm.machine.destroy(), vm.machine.destroy()]);
        await expectNothingLeft(vm);
      });

      it('destroy alone ends a running machine', async () => {
        const vm = await lab();
        await vm.boot();
        const { pid } = vm.machine;
        await vm.machine.destroy();
        expect((await vm.machine.ended).reason).toBe('stopped');
        expect(vm.machine.pid).toBeUndefined();
        if (pid !== process.pid) expect(existsSync(`/proc/${pid}`)).toBe(false);
        await expectNothingLeft(vm);
      });

      it('two machines run side by side and do not hear each other', async () => {
        await using one = await lab();
        await using two = await lab();
        await Promise.all([one.boot(), two.boot()]);
        await using a = await one.shell();
        await using b = await two.shell();
        await Promise.all([a.exec('echo one > /tmp/name'), b.exec('echo two > /tmp/name')]);
        expect(String((await a.exec('cat /tmp/name')).stdout)).toBe('one\n');
        expect(String((await b.exec('cat /tmp/name')).stdout)).toBe('two\n');
        await one.machine.destroy();
        expect(two.machine.state).toBe('running');
        expect((await b.exec('true')).exitCode).toBe(0);
      });
    });
  });
}

/** Resolves when the console, from its beginning on, matches; rejects when the machine ends or the time is over. */
export async function consoleMatch(machine: Machine, pattern: RegExp, ms: number): Promise<void> {
  let seen = '';
  let stop = () => {};
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      stop = machine.onConsole((chunk) => {
        seen = (seen + chunk.toString('latin1')).slice(-65_536);
        if (pattern.test(seen)) resolve();
      });
      timer = setTimeout(() => reject(new Error(`${pattern} not seen within ${ms} ms; console:\n${seen}`)), ms);
      void machine.ended.then((end) => {
        reject(new Error(`machine ended before ${pattern}: ${end.reason} ${end.detail}; console:\n${seen}`));
      });
    });
  } finally {
    clearTimeout(timer);
    stop();
  }
}
