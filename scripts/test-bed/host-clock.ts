import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../src/base/find-program.ts';
import { measureTscKhz } from '../../src/vm/qemu/measure-clock.ts';
import { cacheFolder } from './cache.ts';

/** The rate of the host's time stamp counter in kHz, kept per boot of the host. */
export async function hostTscKhz(): Promise<number> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const path = join(cacheFolder(), `tsc-${boot}`);
  const known = Number(await readFile(path, 'utf8').catch(() => ''));
  if (known > 0) return known;
  const khz = await measureTscKhz({ binary: (await findProgram('qemu-system-x86_64')) ?? 'qemu-system-x86_64' });
  await mkdir(cacheFolder(), { recursive: true });
  await writeFile(path, String(khz));
  return khz;
}
