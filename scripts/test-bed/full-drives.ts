import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';
import { alpineDisk } from '../../test/support/alpine-disk.ts';
import { debianTar, packagesOfRecipe } from '../../test/support/debian-image.ts';
import { cached, keyOf } from './cache.ts';

const root = new URL('../..', import.meta.url).pathname;

/** What only the tests of --full read, each a drive of its own; test/support/firecracker/full-drives.ts names them. */
export async function fullDrives(): Promise<readonly string[]> {
  const packages = packagesOfRecipe(join(root, 'baseos/_/debian/bookworm'));
  const drives = [await debianTar({ suite: 'bookworm', packages }), await alpineDisk()];
  if (process.getuid?.() === 0) return [...drives, await leanKernel()];
  console.log('test bed: no kernel without initramfs support: root installs what it is compiled with');
  return drives;
}

/** A kernel that takes minutes to compile; kept between runs. */
async function leanKernel(): Promise<string> {
  const script = join(root, 'scripts/lean-kernel.sh');
  return await cached('lean-kernel', keyOf(await readFile(script)), '', async (target) => {
    const work = await mkdtemp(`${target}.work-`);
    try {
      await runProcess('sh', { args: [script, work], timeoutMs: 3_600_000 });
      await cp(join(work, 'vmlinux'), target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}
