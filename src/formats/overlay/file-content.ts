import type { RandomAccess } from '../io/random-access.ts';
import type { DataExtent } from '../tree/entry.ts';

/** A file's data in a blob; what no extent covers reads as zeros. */
export interface FileContent {
  readonly blob: RandomAccess;
  /** In order of their place in the file. */
  readonly extents: readonly DataExtent[];
}

const chunkSize = 1 << 18;

/** True if two files of the same size have the same bytes; stops at the first difference. */
export function haveSameContent(a: FileContent, b: FileContent, size: number): boolean {
  const length = Math.min(size, chunkSize);
  const left = Buffer.alloc(length);
  const right = Buffer.alloc(length);
  for (let done = 0; done < size; ) {
    // A stretch that is a hole in both need not be looked at: sparse files can be many times the size of the image.
    const data = Math.min(nextData(a, done), nextData(b, done));
    if (data >= size) return true;
    done = Math.max(done, data);
    const part = Math.min(length, size - done);
    fill(a, left.subarray(0, part), done);
    fill(b, right.subarray(0, part), done);
    if (left.compare(right, 0, part, 0, part) !== 0) return false;
    done += part;
  }
  return true;
}

/** The first byte of data at or after `position`; Infinity if only a hole follows. */
function nextData({ extents }: FileContent, position: number): number {
  const extent = extents[firstExtentAfter(extents, position)];
  return extent === undefined ? Infinity : Math.max(extent.fileOffset, position);
}

function fill({ blob, extents }: FileContent, target: Uint8Array, position: number): void {
  target.fill(0);
  const end = position + target.length;
  for (let i = firstExtentAfter(extents, position); i < extents.length; i++) {
    const extent = extents[i];
    if (extent === undefined || extent.fileOffset >= end) return;
    const from = Math.max(extent.fileOffset, position);
    const to = Math.min(extent.fileOffset + extent.length, end);
    const part = target.subarray(from - position, to - position);
    const got = blob.read(part, extent.blobOffset + from - extent.fileOffset);
    if (got !== part.length) throw new Error('the data of a file lie outside of its blob');
  }
}

/** Index of the first extent that ends after `position`. */
function firstExtentAfter(extents: readonly DataExtent[], position: number): number {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const extent = extents[middle];
    if (extent !== undefined && extent.fileOffset + extent.length <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
