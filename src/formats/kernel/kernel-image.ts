import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isElf } from '../elf/elf.ts';
import { lz4LegacyMagic } from './lz4-legacy.ts';

/** How the kernel proper is packed within a kernel file. */
export type KernelPacking = 'none' | 'gzip' | 'bzip2' | 'lzma' | 'xz' | 'lzo' | 'lz4' | 'zstd';

export interface KernelPayload {
  readonly packing: KernelPacking;
  /** The packed (or plain ELF) kernel, without the size that the kernel's build appends (size_append). */
  readonly bytes: Buffer;
}

/** Larger kernels are refused: a debug kernel of a distribution has 0.1 to 0.5 GiB. */
export const maxKernelBytes = 1 << 30;

/**
 * Finds the kernel proper (`vmlinux`) in an x86 kernel file: the file itself if it is an ELF file, else what the setup
 * header points to (Linux, Documentation/arch/x86/boot.rst, payload_offset and payload_length, protocol 2.08 and
 * newer). Throws KERNEL_INVALID, naming what was found instead.
 */
export function findKernelPayload(data: Uint8Array, name: string): KernelPayload {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (isElf(bytes)) return { packing: 'none', bytes };
  if (bytes.length < 0x260 || bytes.readUInt32LE(0x202) !== 0x53726448) {
    throw invalid(name, 'it has neither an ELF header nor the boot header of an x86 kernel');
  }
  const protocol = bytes.readUInt16LE(0x206);
  if (protocol < 0x208) throw invalid(name, `its boot protocol ${protocol.toString(16)} is older than 2.08`);
  // Zero means four, for the sake of very old kernels (boot.rst, setup_sects).
  const setupSectors = bytes[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + bytes.readUInt32LE(0x248);
  const length = bytes.readUInt32LE(0x24c);
  if (length === 0 || start + length > bytes.length) throw invalid(name, 'its payload lies outside the file');
  const payload = bytes.subarray(start, start + length);
  const packing = packingOf(payload);
  if (packing === undefined) {
    throw invalid(name, `its payload starts with the unknown bytes ${payload.toString('hex', 0, 8)}`);
  }
  return { packing, bytes: payload.subarray(0, -4) };
}

/** By the magic bytes that scripts of the kernel's own tree look for. */
function packingOf(bytes: Buffer): KernelPacking | undefined {
  if (isElf(bytes)) return 'none';
  if (bytes.length < 9) return undefined;
  const head = bytes.toString('hex', 0, 9);
  if (head.startsWith('1f8b08')) return 'gzip';
  if (head.startsWith('fd377a585a00')) return 'xz';
  if (head.startsWith('425a68')) return 'bzip2';
  if (head.startsWith('5d0000')) return 'lzma';
  if (head === '894c5a4f000d0a1a0a') return 'lzo';
  if (bytes.readUInt32LE(0) === lz4LegacyMagic) return 'lz4';
  if (head.startsWith('28b52ffd')) return 'zstd';
  return undefined;
}

function invalid(name: string, why: string): FirekilnError {
  return new FirekilnError('KERNEL_INVALID', `${name} is not a kernel that can be used: ${why}`);
}
