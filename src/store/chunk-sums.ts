import { crc32 } from 'node:zlib';
import { type Digest, hexOf } from '../base/digest.ts';

/**
 * Bytes that one sum covers. A read is checked by whole chunks: smaller ones make small random reads cheaper, larger
 * ones make long reads cheaper. CRC-32 runs at 4 GB/s from 64 KiB on.
 */
export const chunkSize = 64 * 1024;

/**
 * The file of sums that lies beside a blob of more than one chunk. Little-endian:
 *
 *     0  8   "FKSUMS1\n"
 *     8  4   chunk size in bytes
 *    12  8   blob size in bytes
 *    20  32  sha256 of the blob
 *    52  4n  CRC-32 of each chunk, the last one may be short
 *    ..  4   CRC-32 of all of the above
 */
const magic = 'FKSUMS1\n';
const headerSize = 52;
const trailerSize = 4;

function chunkCount(size: number): number {
  return Math.ceil(size / chunkSize);
}

export function needsSums(size: number): boolean {
  return size > chunkSize;
}

function sumsFileSize(blobSize: number): number {
  return headerSize + 4 * chunkCount(blobSize) + trailerSize;
}

export function encodeSums(digest: Digest, size: number, sums: Uint32Array): Buffer {
  const file = Buffer.alloc(sumsFileSize(size));
  file.write(magic, 0, 'latin1');
  file.writeUInt32LE(chunkSize, 8);
  file.writeBigUInt64LE(BigInt(size), 12);
  file.write(hexOf(digest), 20, 'hex');
  for (let i = 0; i < sums.length; i++) file.writeUInt32LE(sums[i] ?? 0, headerSize + 4 * i);
  file.writeUInt32LE(crc32(file.subarray(0, -trailerSize)), file.length - trailerSize);
  return file;
}

export interface StoredSums {
  /** Of the blob when it was put, in bytes. */
  readonly size: number;
  readonly sums: Uint32Array;
}

/** The sums of a blob, or undefined if the file is not whole or not for this blob. */
export function decodeSums(file: Buffer, digest: Digest): StoredSums | undefined {
  if (file.length < headerSize + trailerSize) return undefined;
  if (file.readUInt32LE(file.length - trailerSize) !== crc32(file.subarray(0, -trailerSize))) return undefined;
  if (file.toString('latin1', 0, 8) !== magic || file.readUInt32LE(8) !== chunkSize) return undefined;
  if (file.toString('hex', 20, headerSize) !== hexOf(digest)) return undefined;
  const size = Number(file.readBigUInt64LE(12));
  if (!Number.isSafeInteger(size) || file.length !== sumsFileSize(size)) return undefined;
  const sums = new Uint32Array(chunkCount(size));
  for (let i = 0; i < sums.length; i++) sums[i] = file.readUInt32LE(headerSize + 4 * i);
  return { size, sums };
}

/** Takes the sums of a stream as it passes. */
export class ChunkSummer {
  #sums = new Uint32Array(64);
  #count = 0;
  #sum = 0;
  #filled = 0;

  update(data: Uint8Array): void {
    for (let from = 0; from < data.length; ) {
      const to = Math.min(data.length, from + chunkSize - this.#filled);
      this.#sum = crc32(data.subarray(from, to), this.#sum);
      this.#filled += to - from;
      from = to;
      if (this.#filled === chunkSize) this.#push();
    }
  }

  /** Legal once, at the end. */
  end(): Uint32Array {
    if (this.#filled > 0) this.#push();
    return this.#sums.slice(0, this.#count);
  }

  #push(): void {
    if (this.#count === this.#sums.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#sums);
      this.#sums = grown;
    }
    this.#sums[this.#count++] = this.#sum;
    this.#sum = 0;
    this.#filled = 0;
  }
}
