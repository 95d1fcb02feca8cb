import { stat } from 'node:fs/promises';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { readNamedFile } from '../base/read-named-file.ts';
import { isElf } from '../formats/elf/elf.ts';
import { readKernelFacts } from '../formats/kernel/kernel-facts.ts';
import { maxKernelBytes } from '../formats/kernel/kernel-image.ts';
import type { BootBaseOptions } from '../guest/base/base-vm.ts';

export type UserKernel = NonNullable<BootBaseOptions['kernel']>;

/** Kernels that one build has read: a file is read again only once it is no longer what it was. */
export class UserKernels {
  readonly #known = new Map<string, { readonly state: string; readonly kernel: UserKernel }>();

  /** The kernel of --machine-vmlinux, and what it has. Throws KERNEL_UNUSABLE. */
  async find(path: string): Promise<UserKernel> {
    const state = await stateOf(path);
    const known = this.#known.get(path);
    if (known !== undefined && known.state === state) return known.kernel;
    const kernel = await readUserKernel(path);
    // A file that was changed meanwhile is read again the next time.
    if (state !== undefined) this.#known.set(path, { state, kernel });
    return kernel;
  }
}

/** Changes with the file and its data, as far as stat(2) can tell; undefined if nothing is there. */
async function stateOf(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
}

async function readUserKernel(path: string): Promise<UserKernel> {
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
