import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { readNamedFile } from '../base/read-named-file.ts';
import { isElf } from '../formats/elf/elf.ts';
import { readKernelFacts } from '../formats/kernel/kernel-facts.ts';
import { maxKernelBytes } from '../formats/kernel/kernel-image.ts';
import type { BootBaseOptions } from '../guest/base/base-vm.ts';

/** The kernel of --machine-vmlinux, and what it has. Throws KERNEL_UNUSABLE. */
export async function userKernel(path: string): Promise<NonNullable<BootBaseOptions['kernel']>> {
  const { data, fault } = await readNamedFile(path, maxKernelBytes);
  if (data === undefined) {
    throw new FirekilnError('KERNEL_UNUSABLE', `--machine-vmlinux: ${path} ${fault}`, {
      hint: "Leave --machine-vmlinux out to use Firekiln's own kernel.",
    });
  }
  if (!isElf(data)) {
    throw new FirekilnError('KERNEL_UNUSABLE', `--machine-vmlinux ${path} is no ELF file (vmlinux)`, {
      hint: 'A bzImage has to be unpacked first: scripts/extract-vmlinux of the Linux source does it.',
    });
  }
  return { path, facts: readKernelFacts(data, path) };
}
