import { crc32c } from '../../checksum/crc32c.ts';
import { crc32cZeros } from '../../checksum/crc32c-zeros.ts';
import { blockSize } from '../layout/block-size.ts';
import { extentHeader, extentLeaf, extentMagic, extentsInInode, maxExtentLength } from '../layout/extent.ts';
import { inodeBlockSize, inodeField, inodeFlag, modeType, reservedInode } from '../layout/inode.ts';
import { inodeSeed } from '../layout/metadata-checksum.ts';
import { encodeExtraTime } from '../layout/time.ts';
import { maxLinks } from './collect.ts';
import { writeExtentRoot } from './extent-writer.ts';
import { extentsOf } from './extents-of.ts';
import type { Image } from './image.ts';
import { extraInodeSize, inodeSize, inodeXattrOffset } from './inode-shape.ts';
import type { SequentialOutput } from './sequential-output.ts';
import { valueInodeHash, writeInodeXattrs } from './xattr-writer.ts';

/** Inodes reserved in the output at once. */
const batch = 256;

const sectorsPerBlock = blockSize / 512;
const checksumOverZeros = crc32cZeros(inodeSize - inodeXattrOffset);

/** Writes the inode tables, as far as they are used. */
export async function writeInodeTables(out: SequentialOutput, image: Image): Promise<void> {
  const { inodeTables, geometry } = image.layout;
  const { last } = image.collected.inodes;
  const writer = new InodeWriter(image);
  for (let number = 1; number <= last; ) {
    const group = Math.floor((number - 1) / geometry.inodesPerGroup);
    const inGroup = (number - 1) % geometry.inodesPerGroup;
    const count = Math.min(batch, last - number + 1, geometry.inodesPerGroup - inGroup);
    const position = (inodeTables[group] as number) * blockSize + inGroup * inodeSize;
    const at = out.reserve(position, count * inodeSize);
    for (let i = 0; i < count; i++) writer.write(out.view, at + i * inodeSize, number + i);
    number += count;
    if (out.isCongested) await out.breathe();
  }
}

class InodeWriter {
  readonly #image: Image;
  readonly #firstValueInode: number;

  constructor(image: Image) {
    this.#image = image;
    this.#firstValueInode = image.xattrs.valueInodes[0]?.inode ?? Number.POSITIVE_INFINITY;
  }

  /** `view` is zero from `at` on. */
  write(view: DataView, at: number, number: number): void {
    const { inodes, xattrPlans } = this.#image.collected;
    const mode = inodes.mode[number] as number;
    const isReserved = mode === 0;
    view.setUint16(at + inodeField.extraIsize, extraInodeSize, true);
    if (!isReserved) {
      view.setUint16(at + inodeField.mode, mode, true);
      const links = inodes.links[number] as number;
      // The feature dir_nlink: a folder with too many subfolders to count has one link.
      const isUncounted = links > maxLinks && (mode & modeType.mask) === modeType.directory;
      view.setUint16(at + inodeField.links, isUncounted ? 1 : links, true);
      this.#writeOwner(view, at, inodes.uid[number] as number, inodes.gid[number] as number);
      this.#writeTimes(view, at, inodes.seconds[number] as number, inodes.nanoseconds[number] as number);
      this.#writeContent(view, at, number, mode & modeType.mask);
      if (number >= this.#firstValueInode) this.#writeValueInode(view, at, number);
    }
    const plan = xattrPlans[inodes.xattrs[number] as number];
    const inInode = plan !== undefined && plan.inInode.length > 0;
    if (inInode) writeInodeXattrs(view, at, plan.inInode);
    this.#writeChecksum(view, at, number, !inInode);
  }

  #writeOwner(view: DataView, at: number, uid: number, gid: number): void {
    view.setUint16(at + inodeField.uidLo, uid & 0xffff, true);
    view.setUint16(at + inodeField.uidHi, uid >>> 16, true);
    view.setUint16(at + inodeField.gidLo, gid & 0xffff, true);
    view.setUint16(at + inodeField.gidHi, gid >>> 16, true);
  }

  #writeTimes(view: DataView, at: number, seconds: number, nanoseconds: number): void {
    const extra = encodeExtraTime(seconds, nanoseconds);
    view.setInt32(at + inodeField.atime, seconds, true);
    view.setInt32(at + inodeField.ctime, seconds, true);
    view.setInt32(at + inodeField.mtime, seconds, true);
    view.setInt32(at + inodeField.crtime, seconds, true);
    view.setUint32(at + inodeField.atimeExtra, extra, true);
    view.setUint32(at + inodeField.ctimeExtra, extra, true);
    view.setUint32(at + inodeField.mtimeExtra, extra, true);
    view.setUint32(at + inodeField.crtimeExtra, extra, true);
  }

  #writeContent(view: DataView, at: number, number: number, type: number): void {
    const { inodes } = this.#image.collected;
    const size = inodes.size[number] as number;
    view.setUint32(at + inodeField.sizeLo, size >>> 0, true);
    view.setUint32(at + inodeField.sizeHi, Math.floor(size / 2 ** 32), true);
    let blocks = 0;
    switch (type) {
      case modeType.directory:
      case modeType.file:
        blocks =
          number === reservedInode.resize ? this.#writeResizeMap(view, at) : this.#writeExtents(view, at, number);
        break;
      case modeType.symlink:
        if (size >= inodeBlockSize) blocks = this.#writeExtents(view, at, number);
        else this.#writeTarget(view, at + inodeField.block, inodes.source[number] as number, size);
        break;
      case modeType.character:
      case modeType.block: {
        const device = inodes.place[number] as number;
        view.setUint32(at + inodeField.block, device % 0x10000, true);
        view.setUint32(at + inodeField.block + 4, Math.floor(device / 0x10000), true);
        break;
      }
    }
    const xattrBlock = inodes.xattrBlock[number] as number;
    if (xattrBlock > 0) {
      const block = this.#image.layout.xattrBlocks[xattrBlock - 1] as number;
      view.setUint32(at + inodeField.xattrBlockLo, block >>> 0, true);
      view.setUint16(at + inodeField.xattrBlockHi, Math.floor(block / 2 ** 32), true);
      blocks += 1 + (this.#image.xattrs.blocks[xattrBlock - 1]?.valueBlocks ?? 0);
    }
    const sectors = blocks * sectorsPerBlock;
    view.setUint32(at + inodeField.blocksLo, sectors >>> 0, true);
    view.setUint16(at + inodeField.blocksHi, Math.floor(sectors / 2 ** 32), true);
  }

  /** Returns the blocks in use: data and tree. */
  #writeExtents(view: DataView, at: number, number: number): number {
    const { collected, layout, folders } = this.#image;
    const { inodes, maps } = collected;
    const isIndexed = folders.indexed.has(number);
    view.setUint32(at + inodeField.flags, inodeFlag.extents | (isIndexed ? inodeFlag.index : 0), true);
    const root = at + inodeField.block;
    const place = inodes.place[number] as number;
    const map = maps.get(number);
    const blocks = map?.blocks ?? Math.ceil((inodes.size[number] as number) / blockSize);
    if (map === undefined && blocks <= maxExtentLength && layout.cursor.isOnePiece(place, blocks)) {
      // Nearly all files: no extent or one.
      view.setUint16(root + extentHeader.magic, extentMagic, true);
      view.setUint16(root + extentHeader.max, extentsInInode, true);
      if (blocks === 0) return 0;
      view.setUint16(root + extentHeader.entries, 1, true);
      const leaf = root + 12;
      view.setUint16(leaf + extentLeaf.length, blocks, true);
      view.setUint16(leaf + extentLeaf.startHi, Math.floor(place / 2 ** 32), true);
      view.setUint32(leaf + extentLeaf.startLo, place >>> 0, true);
      return blocks;
    }
    const tree = layout.trees.get(number) ?? [];
    writeExtentRoot(view, root, extentsOf(this.#image, number), tree);
    return blocks + tree.length;
  }

  #writeTarget(view: DataView, at: number, from: number, length: number): void {
    const { pool } = this.#image.collected.names;
    for (let i = 0; i < length; i++) view.setUint8(at + i, pool[from + i] as number);
  }

  /** The resize inode maps the reserved descriptor blocks and, through them, their copies. Returns its blocks. */
  #writeResizeMap(view: DataView, at: number): number {
    const { resizeBlock, geometry } = this.#image.layout;
    const doublyIndirect = 13;
    view.setUint32(at + inodeField.block + 4 * doublyIndirect, resizeBlock, true);
    return 1 + geometry.reservedDescriptorBlocks * (1 + geometry.backupGroups.length);
  }

  /** As kernel xattr.c has it: the value's sum in the access time, the count of references in the version. */
  #writeValueInode(view: DataView, at: number, number: number): void {
    const { valueInodes } = this.#image.xattrs;
    const found = valueInodes[number - this.#firstValueInode];
    if (found === undefined) return;
    view.setUint32(at + inodeField.flags, inodeFlag.extents | inodeFlag.eaInode, true);
    view.setUint32(at + inodeField.atime, valueInodeHash(this.#image.identity.seed, found.value), true);
    view.setUint32(at + inodeField.atimeExtra, 0, true);
    view.setUint32(at + inodeField.ctime, 0, true);
    view.setUint32(at + inodeField.ctimeExtra, 0, true);
    view.setUint32(at + inodeField.versionLo, found.references, true);
  }

  #writeChecksum(view: DataView, at: number, number: number, endsInZeros: boolean): void {
    const seed = inodeSeed(this.#image.identity.seed, number, 0);
    const fields = crc32c(seed, view, at, at + inodeXattrOffset);
    const sum = endsInZeros ? checksumOverZeros(fields) : crc32c(fields, view, at + inodeXattrOffset, at + inodeSize);
    view.setUint16(at + inodeField.checksumLo, sum & 0xffff, true);
    view.setUint16(at + inodeField.checksumHi, sum >>> 16, true);
  }
}
