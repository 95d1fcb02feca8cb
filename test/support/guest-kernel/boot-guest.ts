import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { hostTscKhz } from '../../../scripts/test-bed/host-clock.ts';
import { findProgram } from '../../../src/base/find-program.ts';
import { runProcess, startProcess } from '../../../src/base/process.ts';
import { debianKernel, type GuestKernel } from './debian-kernel.ts';

export interface GuestRun {
  /** Raw disk images: /dev/vda, /dev/vdb and so on. */
  readonly disks: readonly { readonly path: string; readonly readOnly?: boolean }[];
  /** For `sh -e`, as root, with the programs of a static busybox. */
  readonly script: string;
  /** Further files of the initial RAM disk, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Further programs of this host, taken along with their libraries. */
  readonly programs?: readonly string[];
  /** The virtual machine is killed with SIGKILL when this line appears on its console. */
  readonly killAt?: string;
}

/** The console line that says that the script has ended well. */
const done = 'firekiln-guest: done';
const bootTimeoutMs = 120_000;
const runTimeoutMs = 300_000;
const moduleNames = ['virtio_ring', 'virtio', 'virtio_mmio', 'virtio_blk', 'overlay', 'loop'];

/**
 * Boots Debian's kernel in an emulated virtual machine, runs a script in it and powers it off. Returns the console.
 * Throws with the end of the console if the script fails.
 */
export async function bootGuest(run: GuestRun): Promise<string> {
  const kernel = await debianKernel();
  const work = mkdtempSync(join(tmpdir(), 'firekiln-guest-'));
  try {
    const initrd = await makeInitrd(kernel, run, work);
    for (let attempt = 1; ; attempt++) {
      const end = await boot({ kernel, initrd, khz: await hostTscKhz(), run });
      if (end.started) {
        if (end.reached) return end.console;
        throw new Error(`the guest's script failed:\n${end.console.split('\n').slice(-40).join('\n')}`);
      }
      if (attempt === 5) throw new Error(`the guest did not boot:\n${end.console.slice(-4000)}`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function makeInitrd(kernel: GuestKernel, run: GuestRun, work: string): Promise<string> {
  const busybox = await findProgram('busybox');
  if (busybox === undefined) throw new Error('busybox is not installed');
  const root = join(work, 'root');
  for (const folder of ['bin', 'modules', 'proc', 'sys', 'dev', 'mnt'])
    mkdirSync(join(root, folder), { recursive: true });
  await runProcess('cp', { args: [busybox, join(root, 'bin/busybox')] });
  const found = await runProcess('find', { args: [kernel.modules, '-name', '*.ko'], maxOutputBytes: 1 << 22 });
  const modules = found.stdout.toString().split('\n');
  for (const name of moduleNames) {
    const path = modules.find((one) => basename(one) === `${name}.ko`);
    if (path !== undefined) await runProcess('cp', { args: [path, join(root, 'modules')] });
  }
  const insmod = moduleNames.map((name) => `[ ! -f /modules/${name}.ko ] || insmod /modules/${name}.ko`);
  const init = [
    '#!/bin/busybox sh',
    '/bin/busybox --install -s /bin',
    'export PATH=/bin',
    'mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev',
    ...insmod,
    'echo firekiln-guest: started',
    `sh -e /script && echo ${done}`,
    'sync; reboot -f',
    '',
  ].join('\n');
  writeFileSync(join(root, 'init'), init, { mode: 0o755 });
  writeFileSync(join(root, 'script'), run.script);
  for (const [path, text] of Object.entries(run.files ?? {})) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const name of run.programs ?? []) await takeProgram(name, root);
  const initrd = join(work, 'initrd');
  await runProcess('sh', { args: ['-c', 'find . | cpio --quiet -R 0:0 -o -H newc > ../initrd'], cwd: root });
  return initrd;
}

async function takeProgram(name: string, root: string): Promise<void> {
  const program = await findProgram(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  const { stdout } = await runProcess('ldd', { args: [program] });
  const libraries = [...stdout.toString().matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  for (const path of libraries) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    await runProcess('cp', { args: ['-L', path, join(root, path)] });
  }
  await runProcess('cp', { args: ['-L', program, join(root, 'bin', name)] });
}

interface BootEnd {
  readonly console: string;
  readonly started: boolean;
  /** The script ended well, or the line came where the guest was to be killed. */
  readonly reached: boolean;
}

async function boot(options: {
  readonly kernel: GuestKernel;
  readonly initrd: string;
  readonly khz: number;
  readonly run: GuestRun;
}): Promise<BootEnd> {
  const { kernel, initrd, khz, run } = options;
  const drives = run.disks.flatMap(({ path, readOnly }, i) => {
    const mode = readOnly === true ? 'on' : 'off';
    const drive = `id=d${i},file=${path},format=raw,if=none,readonly=${mode}`;
    return ['-drive', drive, '-device', `virtio-blk-device,drive=d${i}`];
  });
  let console = '';
  let wasKilled = false;
  const stop = new AbortController();
  const machine = await startProcess('qemu-system-x86_64', {
    args: [
      ['-M', 'microvm', '-accel', 'tcg', '-cpu', 'max', '-m', '384', '-smp', '1', '-nodefaults', '-no-user-config'],
      ['-nographic', '-no-reboot', '-serial', 'stdio', '-kernel', kernel.vmlinuz, '-initrd', initrd],
      ['-append', `console=ttyS0 panic=-1 reboot=t tsc_early_khz=${khz}`, ...drives],
    ].flat(),
    stdout: {
      each: (chunk) => {
        console += chunk.toString('latin1').replaceAll('\r', '');
        if (run.killAt === undefined || wasKilled || !console.includes(`\n${run.killAt}\n`)) return;
        wasKilled = true;
        machine.kill('SIGKILL');
      },
    },
    dieWithParent: true,
    timeoutMs: runTimeoutMs,
    killAfterMs: 100,
    signal: stop.signal,
  });
  const started = () => console.includes('firekiln-guest: started');
  const watch = setTimeout(() => {
    if (!started()) stop.abort();
  }, bootTimeoutMs);
  await machine.result;
  clearTimeout(watch);
  return { console, started: started(), reached: run.killAt === undefined ? console.includes(done) : wasKilled };
}
