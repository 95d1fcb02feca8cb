import { homedir } from 'node:os';
import { join } from 'node:path';
import type { MachineDriver } from '../../../src/vm/driver.ts';
import { findAcceleration } from '../../../src/vm/qemu/find-acceleration.ts';
import { createQemuDriver } from '../../../src/vm/qemu/qemu-driver.ts';
import { debianKernel, type GuestKernel } from '../guest-kernel/debian-kernel.ts';
import { findTool } from '../tools.ts';

const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'host');

/** QEMU as it works on this host, and Debian's kernel for its guests. */
export async function qemuForTests(): Promise<{ readonly driver: MachineDriver; readonly kernel: GuestKernel }> {
  const kernel = await debianKernel();
  const binary = findTool('qemu-system-x86_64') ?? '';
  const image = { vmlinux: kernel.vmlinuz, bzImage: kernel.vmlinuz };
  const { acceleration } = await findAcceleration({ binary, kernel: image, kernelDigest: kernel.vmlinuz, folder });
  return { driver: createQemuDriver({ binary, acceleration }), kernel };
}
