import { crc32c, crc32cOfUint32 } from '../../checksum/crc32c.ts';
import { extentEntrySize, extentHeader } from './extent.ts';
import { groupField } from './group-descriptor.ts';
import { goodOldInodeSize, inodeField } from './inode.ts';
import { superblockField } from './superblock.ts';
import { xattrHeader } from './xattr.ts';

/*
 * The checksums of the feature metadata_csum. Fields that hold a checksum count as zeros; they need not be zero when
 * these are called. All results are unsigned.
 */

/** What the sums of a file system start from; the superblock's `checksumSeed` replaces it with the feature csum_seed. */
export function fileSystemSeed(uuid: DataView): number {
  return crc32c(-1, uuid) >>> 0;
}

/** What the sums of an inode and of its directory and extent blocks start from. */
export function inodeSeed(seed: number, inode: number, generation: number): number {
  return crc32cOfUint32(crc32cOfUint32(seed, inode), generation) >>> 0;
}

export function superblockChecksum(superblock: DataView): number {
  return crc32c(-1, superblock, 0, superblockField.checksum) >>> 0;
}

/** 16 bits. */
export function groupChecksum(seed: number, group: number, descriptor: DataView): number {
  const crc = crc32c(crc32cOfUint32(seed, group), descriptor, 0, groupField.checksum);
  return crc32c(zeroBytes(crc, 2), descriptor, groupField.checksum + 2) & 0xffff;
}

/** `inode` is the whole record. The upper half is stored only where `extraIsize` is at least 4. */
export function inodeChecksum(seedOfInode: number, inode: DataView): number {
  let crc = zeroBytes(crc32c(seedOfInode, inode, 0, inodeField.checksumLo), 2);
  crc = crc32c(crc, inode, inodeField.checksumLo + 2, goodOldInodeSize);
  if (inode.byteLength <= goodOldInodeSize) return crc >>> 0;
  const hasHigh = inode.getUint16(inodeField.extraIsize, true) >= 4;
  crc = crc32c(crc, inode, goodOldInodeSize, inodeField.checksumHi);
  crc = hasHigh ? zeroBytes(crc, 2) : crc32c(crc, inode, inodeField.checksumHi, inodeField.checksumHi + 2);
  return crc32c(crc, inode, inodeField.checksumHi + 2) >>> 0;
}

/** Of a linear or leaf block with a checksum tail; `end` is where the tail starts. */
export function directoryBlockChecksum(seedOfInode: number, block: DataView, end: number): number {
  return crc32c(seedOfInode, block, 0, end) >>> 0;
}

/** Of an index block whose entries end at `entriesEnd` and whose tail starts at `tail`. */
export function indexBlockChecksum(seedOfInode: number, block: DataView, entriesEnd: number, tail: number): number {
  const crc = crc32c(crc32c(seedOfInode, block, 0, entriesEnd), block, tail, tail + 4);
  return zeroBytes(crc, 4) >>> 0;
}

/** Of an extent tree's block; it is stored after the last of the `max` entries that fit. */
export function extentBlockChecksum(seedOfInode: number, block: DataView): number {
  const end = extentBlockChecksumPlace(block);
  return crc32c(seedOfInode, block, 0, Math.min(end, block.byteLength)) >>> 0;
}

export function extentBlockChecksumPlace(block: DataView): number {
  return extentEntrySize + block.getUint16(extentHeader.max, true) * extentEntrySize;
}

export function xattrBlockChecksum(seed: number, blockNumber: number, block: DataView): number {
  let crc = crc32cOfUint32(seed, blockNumber >>> 0);
  crc = crc32cOfUint32(crc, Math.floor(blockNumber / 2 ** 32));
  crc = zeroBytes(crc32c(crc, block, 0, xattrHeader.checksum), 4);
  return crc32c(crc, block, xattrHeader.checksum + 4) >>> 0;
}

/** Of a block or inode bitmap; only as many bytes count as a group has blocks or inodes. */
export function bitmapChecksum(seed: number, bitmap: DataView, bytes: number): number {
  return crc32c(seed, bitmap, 0, bytes) >>> 0;
}

const zeros = new DataView(new ArrayBuffer(4));

function zeroBytes(crc: number, count: number): number {
  return crc32c(crc, zeros, 0, count);
}
