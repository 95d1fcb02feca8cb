import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfValue } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isElf, readElf } from '../../formats/elf/elf.ts';
import { checkGuestKernel, describeGap } from '../../formats/kernel/check-guest-kernel.ts';
import { hasPvhEntry } from '../../formats/kernel/pvh-entry.ts';
import { unpackKernel } from '../../formats/kernel/unpack-kernel.ts';
import { readBootModules } from './boot-modules.ts';
import { kernelRelease } from './kernel-release.ts';
import { writeModulesArchive } from './modules-archive.ts';
import { unpackByProgram } from './unpack-by-program.ts';
import { writeModulesImage } from './write-modules-image.ts';

/** Goes up whenever the same kernel gives other files. */
export const kernelFormat = 3;

/** Files of the artifact `kernel`. */
export const kernelFiles = {
  /** ELF, for Firecracker. */
  vmlinux: 'vmlinux',
  /** As it was given; absent if that was an ELF file. */
  bzImage: 'vmlinuz',
  /** The modules that the appliance loads, for the initramfs. */
  bootModules: 'modules.cpio',
  /** Read-only ext4 of `/lib/modules/<release>`; absent for a kernel without modules. */
  modules: 'modules.ext4',
  /** {@link KernelFacts} as JSON. */
  facts: 'kernel.json',
} as const;

export interface KernelFacts {
  /** {@link kernelFormat} of the version of Firekiln that made it. */
  readonly format: number;
  /** `uname -r`. */
  readonly release: string;
  /** For people: the package with its version, or the path it came from. */
  readonly origin: string;
  /** See {@link KernelImage.pvh}. */
  readonly pvh: boolean;
}

/**
 * Writes the artifact of a kernel into an existing folder.
 *
 * @param source.modules The folder `lib/modules/<release>`, complete with the files that depmod(8) makes.
 */
export async function writeKernel(
  source: { readonly kernel: string; readonly modules?: string | undefined; readonly origin: string },
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = await readFile(source.kernel);
  const vmlinux = await unpackKernel(bytes, source.kernel, unpackByProgram);
  const release = kernelRelease(vmlinux, source.kernel);
  requireFit(vmlinux, source);
  await writeFile(join(folder, kernelFiles.vmlinux), vmlinux);
  if (!isElf(bytes)) await writeFile(join(folder, kernelFiles.bzImage), bytes);
  const modules = source.modules === undefined ? [] : await readBootModules(source.modules, release);
  await writeFile(join(folder, kernelFiles.bootModules), writeModulesArchive(modules));
  if (source.modules !== undefined) {
    const identity = digestOfValue({ what: 'modules', format: kernelFormat, release, origin: source.origin });
    await writeModulesImage(source.modules, join(folder, kernelFiles.modules), { identity, signal });
  }
  const pvh = hasPvhEntry(readElf(vmlinux, source.kernel), source.kernel);
  const facts: KernelFacts = { format: kernelFormat, release, origin: source.origin, pvh };
  await writeFile(join(folder, kernelFiles.facts), `${JSON.stringify(facts)}\n`);
}

/** What can't be told from the file shows when the kernel is tried. */
function requireFit(vmlinux: Buffer, source: { readonly kernel: string; readonly modules?: string | undefined }): void {
  const gaps = checkGuestKernel(vmlinux, source.kernel, 'appliance').filter(
    ({ found, mayBeModule }) =>
      found === 'absent' || (found === 'module' && !(mayBeModule && source.modules !== undefined)),
  );
  if (gaps.length === 0) return;
  throw new FirekilnError(
    'KERNEL_UNFIT',
    `${source.kernel} can't boot guests: it lacks ${gaps.length} of what they need`,
    {
      details: gaps.map(describeGap),
      hint:
        source.modules === undefined ? 'What is a module is found with --modules lib/modules/<release>.' : undefined,
    },
  );
}
