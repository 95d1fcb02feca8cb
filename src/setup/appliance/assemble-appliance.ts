import { existsSync } from 'node:fs';
import { copyFile, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOfValue, sha256 } from '../../base/digest.ts';
import type { Appliance } from '../../guest/guest.ts';
import type { Store } from '../../store/store.ts';
import type { InstalledKernel } from '../kernel/set-up-kernel.ts';
import { kernelFiles } from '../kernel/write-kernel.ts';
import { writeGuestScripts } from './guest-scripts.ts';
import type { InstalledTools } from './set-up-tools.ts';

const pin = 'setup:initramfs';

/** Joins programs, boot modules and the guest's scripts into one initramfs; made again when one of them has changed. */
export async function assembleAppliance(
  store: Store,
  parts: { readonly kernel: InstalledKernel; readonly tools: InstalledTools },
  signal?: AbortSignal,
): Promise<Appliance> {
  const { kernel, tools } = parts;
  const scripts = writeGuestScripts();
  const digest = digestOfValue({ what: 'appliance', kernel: kernel.key, tools: tools.key, scripts: sha256(scripts) });
  const make = async (path: string) => {
    await copyFile(tools.archive, path);
    const file = await open(path, 'a');
    try {
      await file.appendFile(await readFile(join(kernel.folder, kernelFiles.bootModules)));
      await file.appendFile(scripts);
    } finally {
      await file.close();
    }
  };
  const label = `initramfs for Linux ${kernel.release}`;
  const initrd = await store.artifacts.ensure('initramfs', digest, make, { signal, label });
  await pinOnce(store, digest);
  const optional = (name: string) => {
    const path = join(kernel.folder, name);
    return existsSync(path) ? path : undefined;
  };
  const bzImage = optional(kernelFiles.bzImage);
  return {
    digest,
    kernel: {
      vmlinux: join(kernel.folder, kernelFiles.vmlinux),
      pvh: kernel.pvh,
      ...(bzImage === undefined ? {} : { bzImage }),
    },
    release: kernel.release,
    initrd,
    modules: optional(kernelFiles.modules),
  };
}

/** Keeps gc from the initramfs in use. */
async function pinOnce(store: Store, digest: Digest): Promise<void> {
  const known = (await store.pins.list()).find(({ name }) => name === pin);
  if (known?.refs[0] !== digest) await store.pins.set(pin, [digest]);
}
