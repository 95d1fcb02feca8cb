import { createCipheriv, createHash } from 'node:crypto';
import { type Digest, sha256 } from '../../src/base/digest.ts';

/** Bytes that look random and are the same for the same seed. */
export function someBytes(length: number, seed: number | string = 1): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** The data in pieces of the given size. */
export function* inChunks(data: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

export function digestOf(data: Uint8Array | string): Digest {
  return sha256(data);
}
