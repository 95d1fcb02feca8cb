import { readFile } from 'node:fs/promises';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { isElf } from '../formats/elf/elf.ts';
import { readKernelFacts } from '../formats/kernel/kernel-facts.ts';
import type { BootBaseOptions } from '../guest/base/base-vm.ts';

/** The kernel of --machine-vmlinux, and what it has. Throws KERNEL_UNUSABLE. */
export async function userKernel(path: string, signal: AbortSignal): Promise<NonNullable<BootBaseOptions['kernel']>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path, { signal });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) {
      throw new FirekilnError('KERNEL_UNUSABLE', `--machine-vmlinux ${path}: there is no such file`, {
        hint: "Leave --machine-vmlinux out to use Firekiln's own kernel.",
      });
    }
    throw explainSystemError(error, 'reading the kernel', path);
  }
  if (!isElf(bytes)) {
    throw new FirekilnError('KERNEL_UNUSABLE', `--machine-vmlinux ${path} is no ELF file (vmlinux)`, {
      hint: 'A bzImage has to be unpacked first: scripts/extract-vmlinux of the Linux source does it.',
    });
  }
  return { path, facts: readKernelFacts(bytes, path) };
}
