import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import { readElf } from '../../formats/elf/elf.ts';
import { moduleName, readModuleInfo } from '../../formats/elf/module-info.ts';
import { listEntries } from './list-entries.ts';

/**
 * What the appliance needs of its kernel before it can reach the modules drive, by the moment it is needed. Each name
 * is a module or built in.
 */
const bootModules: readonly { readonly name: string; readonly why: string }[] = [
  { name: 'virtio_mmio', why: 'every device of a microVM' },
  { name: 'virtio_console', why: 'the control channel on QEMU' },
  { name: 'vmw_vsock_virtio_transport', why: 'the control channel on Firecracker' },
  { name: 'virtio_net', why: 'the network' },
  { name: 'virtio_blk', why: 'drives' },
  { name: 'ext4', why: 'drives' },
  { name: 'overlay', why: 'images' },
];

export interface BootModule {
  /** With underscores. */
  readonly name: string;
  /** Uncompressed. */
  readonly bytes: Buffer;
  readonly depends: readonly string[];
}

/**
 * The modules among {@link bootModules} and all that they depend on. Throws KERNEL_UNFIT for what is neither a module
 * nor built in.
 *
 * @param folder `lib/modules/<release>` of the kernel.
 */
export async function readBootModules(folder: string, release: string): Promise<BootModule[]> {
  const files = await moduleFiles(folder);
  const builtin = await builtinModules(folder);
  const found = new Map<string, BootModule>();
  const visit = async (name: string, why: string): Promise<void> => {
    if (found.has(name) || builtin.has(name)) return;
    const file = files.get(name);
    if (file === undefined) {
      throw new FirekilnError('KERNEL_UNFIT', `kernel ${release} has no ${name}, which is needed for ${why}`, {
        hint: `Looked for a module in ${folder} and in its modules.builtin.`,
      });
    }
    const bytes = await readModule(file);
    const { depends } = readModuleInfo(readElf(bytes, file), file);
    for (const dependency of depends) await visit(dependency, `${name} (${why})`);
    found.set(name, { name, bytes: withoutSignature(bytes), depends });
  };
  for (const { name, why } of bootModules) await visit(name, why);
  return [...found.values()];
}

/** Kernel documentation, admin-guide/module-signing.rst. */
const signatureMark = Buffer.from('~Module signature appended~\n');
/** struct module_signature, whose last four bytes are the signature's length. */
const signatureFactsBytes = 12;

/**
 * A module without its signature, which an emulated processor takes long to verify. The initramfs comes from us; drives
 * keep the signed modules.
 */
export function withoutSignature(bytes: Buffer): Buffer {
  const factsEnd = bytes.length - signatureMark.length;
  if (factsEnd < signatureFactsBytes || !bytes.subarray(factsEnd).equals(signatureMark)) return bytes;
  const start = factsEnd - signatureFactsBytes - bytes.readUInt32BE(factsEnd - 4);
  return start > 0 ? bytes.subarray(0, start) : bytes;
}

async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const files = (await listEntries(folder)).filter(({ path }) => /\.ko(?:\.(?:gz|xz|zst))?$/.test(path));
  return new Map(files.map(({ path, full }) => [moduleName(path), full]));
}

/** Kernel documentation, kbuild/kbuild.rst, "modules.builtin". */
async function builtinModules(folder: string): Promise<Set<string>> {
  const text = await readFile(join(folder, 'modules.builtin'), 'utf8').catch(() => '');
  return new Set(text.split('\n').filter(Boolean).map(moduleName));
}

const unpackers: Readonly<Record<string, string>> = { gz: 'gzip', xz: 'xz', zst: 'zstd' };
const maxModuleBytes = 64 << 20;

async function readModule(file: string): Promise<Buffer> {
  const program = unpackers[file.slice(file.lastIndexOf('.') + 1)];
  if (program === undefined) return await readFile(file);
  const { stdout } = await runProcess(program, {
    args: ['-dc', file],
    maxOutputBytes: maxModuleBytes,
    timeoutMs: 60_000,
  });
  return stdout;
}
