import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, startProcess, tryProcess } from '../../src/base/process.ts';
import { cacheFolder } from './cache.ts';

const attempts = 8;
const attemptMs = 20_000;

/**
 * The rate of the host's time stamp counter in kHz, which an emulated kernel can't always find out by itself. Asked of
 * the host's kernel log, else measured by booting `kernel` until it prints its calibration; kept per boot of the host.
 */
export async function hostTscKhz(kernel: string): Promise<number> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const path = join(cacheFolder(), `tsc-${boot}`);
  const known = Number(await readFile(path, 'utf8').catch(() => ''));
  if (known > 0) return known;
  const khz = (await askKernelLog()) ?? (await measure(kernel));
  await mkdir(cacheFolder(), { recursive: true });
  await writeFile(path, String(khz));
  return khz;
}

async function askKernelLog(): Promise<number | undefined> {
  const { stdout } = await tryProcess('dmesg', {});
  return detected(stdout.toString());
}

async function measure(kernel: string): Promise<number> {
  for (let i = 0; i < attempts; i++) {
    let seen = '';
    const running = await startProcess((await findProgram('qemu-system-x86_64')) ?? 'qemu-system-x86_64', {
      args: [
        ['-M', 'microvm,pit=on,pic=on', '-accel', 'tcg', '-cpu', 'max', '-m', '256', '-kernel', kernel],
        ['-append', 'console=ttyS0 panic=-1 reboot=t', '-nodefaults', '-no-user-config', '-nographic'],
        ['-serial', 'stdio', '-no-reboot'],
      ].flat(),
      dieWithParent: true,
      timeoutMs: attemptMs,
      stdout: {
        each: (chunk) => {
          seen += chunk.toString('latin1');
          if (detected(seen) !== undefined) running.kill('SIGKILL');
        },
      },
    });
    await running.result;
    const khz = detected(seen);
    if (khz !== undefined) return khz;
  }
  throw new Error(`no boot of ${kernel} measured the clock within ${attemptMs / 1000} s, ${attempts} tried`);
}

function detected(log: string): number | undefined {
  const match = /tsc: Detected (\d+)\.(\d{3}) MHz/.exec(log);
  return match === null ? undefined : Number(`${match[1]}${match[2]}`);
}
