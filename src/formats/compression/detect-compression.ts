/** How a stream of bytes is packed. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** Bytes that {@link detectCompression} wants to see, if there are so many. */
export const detectionBytes = 10;

/** Told by the first bytes, as containerd and BuildKit tell it. */
export function detectCompression(firstBytes: Uint8Array): Compression {
  const starts = (...bytes: readonly number[]) => bytes.every((byte, i) => firstBytes[i] === byte);
  if (starts(0x1f, 0x8b, 0x08)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  // A skippable frame, RFC 8878 section 3.1.2: some tools begin with one.
  if (firstBytes[0] !== undefined && (firstBytes[0] & 0xf0) === 0x50 && hasSkippableEnd(firstBytes)) return 'zstd';
  if (starts(0x42, 0x5a, 0x68)) return 'bzip2';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return 'xz';
  return 'none';
}

function hasSkippableEnd(bytes: Uint8Array): boolean {
  return bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18;
}
