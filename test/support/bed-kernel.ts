import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackKernel } from '../../src/formats/kernel/unpack-kernel.ts';

export interface BedKernel extends AsyncDisposable {
  readonly vmlinux: string;
  /** Folder of its modules. */
  readonly modules: string;
}

/** The kernel of the Firecracker test bed, unpacked. */
export async function bedKernel(): Promise<BedKernel> {
  const [release = ''] = await readdir('/usr/lib/modules');
  const folder = await mkdtemp(join(tmpdir(), 'fkk-'));
  const vmlinux = join(folder, 'vmlinux');
  const packed = await readFile('/boot/vmlinuz');
  await writeFile(
    vmlinux,
    await unpackKernel(packed, '/boot/vmlinuz', () => {
      throw new Error('the kernel is packed with a program that is not here');
    }),
  );
  return {
    vmlinux,
    modules: join('/usr/lib/modules', release),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}
