import { type Digest, hexOf } from '../../../base/digest.ts';
import { fileSystemSeed } from '../layout/metadata-checksum.ts';

/** What tells one image from another, all made from a digest. */
export interface Identity {
  /** 16 bytes: a UUID of version 8 (RFC 9562, section 5.8). */
  readonly uuid: Uint8Array;
  readonly hashSeed: Uint32Array;
  /** Start of all checksums. */
  readonly seed: number;
}

export function identityOf(digest: Digest): Identity {
  const bytes = Buffer.from(hexOf(digest), 'hex');
  const uuid = Uint8Array.from(bytes.subarray(0, 16));
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  const hashSeed = Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32LE(16 + 4 * i));
  return { uuid, hashSeed, seed: fileSystemSeed(new DataView(uuid.buffer)) };
}

export function formatUuid(uuid: Uint8Array): string {
  const hex = Buffer.from(uuid).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
