import type { ByteString } from '../../base/byte-string.ts';

const slash = 0x2f;

/**
 * Byte order of paths with `/` below every other byte: a folder comes right before what is in it. Negative, zero or
 * positive as for Array.sort.
 */
export function compareTreeOrder(a: ByteString, b: ByteString): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x === slash ? -1 : y === slash ? 1 : x - y;
  }
  return a.length - b.length;
}

/** True if `path` is `folder` or lies in it; the empty path holds everything. */
export function isWithin(path: ByteString, folder: ByteString): boolean {
  if (folder.length === 0 || path === folder) return true;
  return path.length > folder.length && path.charCodeAt(folder.length) === slash && path.startsWith(folder);
}
