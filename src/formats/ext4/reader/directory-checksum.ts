import {
  directoryFileType,
  directoryTailSize,
  directoryEntry as entry,
  indexEntrySize,
  indexNode,
  indexRoot,
  indexTailSize,
} from '../layout/directory.ts';
import { directoryBlockChecksum, indexBlockChecksum } from '../layout/metadata-checksum.ts';
import { corrupt, wrongChecksum } from './image-error.ts';

const dotRecordLength = 12;

/**
 * Verifies the checksum of a directory's block: behind the index in a block of a hashed index, at the end in any
 * other. A block becomes an index without losing the mark of a leaf's checksum, so only its entries tell the two apart.
 */
export function verifyDirectoryBlock(view: DataView, seed: number, where: string): void {
  const index = indexEntriesOf(view);
  if (index !== undefined) {
    verifyIndex(view, index, seed, where);
    return;
  }
  const tail = view.byteLength - directoryTailSize;
  if (!isLeafTail(view, tail)) throw corrupt(where, 'it has no checksum');
  if (view.getUint32(tail + entry.name, true) !== directoryBlockChecksum(seed, view, tail)) throw wrongChecksum(where);
}

function isLeafTail(view: DataView, tail: number): boolean {
  return (
    view.getUint32(tail + entry.inode, true) === 0 &&
    view.getUint16(tail + entry.recordLength, true) === directoryTailSize &&
    view.getUint8(tail + entry.nameLength) === 0 &&
    view.getUint8(tail + entry.fileType) === directoryFileType.checksum
  );
}

function verifyIndex(view: DataView, entries: number, seed: number, where: string): void {
  const limit = view.getUint16(entries, true);
  const count = view.getUint16(entries + 2, true);
  const tail = entries + limit * indexEntrySize;
  if (count > limit || tail + indexTailSize > view.byteLength) {
    throw corrupt(where, `an index of ${count} of ${limit} entries`);
  }
  const computed = indexBlockChecksum(seed, view, entries + count * indexEntrySize, tail);
  if (view.getUint32(tail + 4, true) !== computed) throw wrongChecksum(where);
}

/** Where the index starts (kernel namei.c, get_dx_countlimit); undefined if this is no block of an index. */
function indexEntriesOf(view: DataView): number | undefined {
  const first = recordLength(view, 0);
  if (first === view.byteLength) return indexNode.entries;
  const isRoot =
    first === dotRecordLength &&
    recordLength(view, dotRecordLength) === view.byteLength - dotRecordLength &&
    view.getUint8(indexRoot.infoLength) === 8;
  return isRoot ? indexRoot.entries : undefined;
}

/** Lengths in blocks of 64 KiB do not fit into 16 bits: the two lowest bits, else unused, are the highest (ext2fs_get_rec_len). */
export function recordLength(view: DataView, at: number): number {
  const stored = view.getUint16(at + entry.recordLength, true);
  if (view.byteLength < 65_536) return stored;
  if (stored === 0 || stored === 65_535) return view.byteLength;
  return (stored & 0xfffc) | ((stored & 3) << 16);
}
