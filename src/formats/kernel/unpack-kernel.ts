import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isElf } from '../elf/elf.ts';
import { findKernelPayload, type KernelPacking, maxKernelBytes } from './kernel-image.ts';
import { decodeLz4Legacy } from './lz4-legacy.ts';

/** Unpacks what Node can't: gets the packed bytes, and a ceiling for what it may return. */
export type Unpacker = (packing: KernelPacking, packed: Buffer, maxBytes: number) => Promise<Buffer>;

/**
 * The ELF kernel (`vmlinux`) in a kernel file. gzip, LZ4 and zstd are unpacked here, the others by `unpack`. Throws
 * KERNEL_INVALID, and LIMIT_EXCEEDED above 1 GiB.
 */
export async function unpackKernel(data: Uint8Array, name: string, unpack: Unpacker): Promise<Buffer> {
  const { packing, bytes } = findKernelPayload(data, name);
  const kernel = await unpackBytes(packing, bytes, name, unpack);
  if (!isElf(kernel)) {
    throw new FirekilnError('KERNEL_INVALID', `${name}: its payload unpacks to something that is not an ELF kernel`);
  }
  return kernel;
}

async function unpackBytes(packing: KernelPacking, bytes: Buffer, name: string, unpack: Unpacker): Promise<Buffer> {
  try {
    switch (packing) {
      case 'none':
        return bytes;
      case 'gzip':
        return gunzipSync(bytes, { maxOutputLength: maxKernelBytes });
      case 'zstd':
        return zstdDecompressSync(bytes, { maxOutputLength: maxKernelBytes });
      case 'lz4':
        return decodeLz4Legacy(bytes, maxKernelBytes);
      case 'bzip2':
      case 'lzma':
      case 'xz':
      case 'lzo':
        return await unpack(packing, bytes, maxKernelBytes);
    }
  } catch (error) {
    if (error instanceof FirekilnError) throw error;
    throw new FirekilnError('KERNEL_INVALID', `${name}: its ${packing} payload is damaged`, { cause: error });
  }
}
