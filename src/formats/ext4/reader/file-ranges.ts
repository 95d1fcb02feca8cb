import type { DataExtent } from '../../tree/entry.ts';
import { inodeFlag } from '../layout/inode.ts';
import { blockMapRanges } from './block-map.ts';
import type { BlockRange } from './block-range.ts';
import { extentRanges } from './extent-tree.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt } from './image-error.ts';
import { inlineParts } from './inline-data.ts';
import type { Ext4Inode } from './inode.ts';

/** The blocks of an inode whose data are in blocks, in order; holes and unwritten extents are left out. */
export function blockRanges(context: ImageContext, inode: Ext4Inode): Generator<BlockRange> {
  return (inode.flags & inodeFlag.extents) === 0 ? blockMapRanges(context, inode) : extentRanges(context, inode);
}

/** Where the data of a file, directory or long symlink lie in the image, in order; cut at the size. */
export function* dataExtents(context: ImageContext, inode: Ext4Inode): Generator<DataExtent> {
  if ((inode.flags & inodeFlag.inlineData) !== 0) {
    yield* inlineExtents(context, inode);
    return;
  }
  const { blockSize } = context.superblock;
  let open: DataExtent | undefined;
  for (const { logical, physical, count } of blockRanges(context, inode)) {
    const fileOffset = logical * blockSize;
    // Blocks behind the end were reserved ahead and hold nothing of the file.
    if (fileOffset >= inode.size) break;
    const length = Math.min(count * blockSize, inode.size - fileOffset);
    const blobOffset = physical * blockSize;
    if (open !== undefined && isContinued(open, fileOffset, blobOffset)) {
      open = { ...open, length: open.length + length };
      continue;
    }
    if (open !== undefined) yield open;
    open = { fileOffset, length, blobOffset };
  }
  if (open !== undefined) yield open;
}

function isContinued(open: DataExtent, fileOffset: number, blobOffset: number): boolean {
  return open.fileOffset + open.length === fileOffset && open.blobOffset + open.length === blobOffset;
}

function* inlineExtents(context: ImageContext, inode: Ext4Inode): Generator<DataExtent> {
  let fileOffset = 0;
  for (const { bytes, position } of inlineParts(context, inode)) {
    if (bytes.length > 0) yield { fileOffset, length: bytes.length, blobOffset: position };
    fileOffset += bytes.length;
  }
}

/**
 * The whole content of an inode whose data must be in one piece without holes, such as a long symlink.
 * EXT4_CORRUPT if it has a hole or more than `limit` bytes.
 */
export function wholeContent(context: ImageContext, inode: Ext4Inode, limit: number, where: string): Uint8Array {
  if (inode.size > limit) throw corrupt(where, `${inode.size} bytes where at most ${limit} can be`);
  const { blockSize } = context.superblock;
  const content = new Uint8Array(inode.size);
  let done = 0;
  for (const { fileOffset, length, blobOffset } of dataExtents(context, inode)) {
    if (fileOffset !== done) break;
    for (let copied = 0; copied < length; ) {
      const position = blobOffset + copied;
      const inBlock = position % blockSize;
      const part = Math.min(blockSize - inBlock, length - copied);
      const { bytes } = context.blocks.read(Math.floor(position / blockSize), where);
      content.set(bytes.subarray(inBlock, inBlock + part), done);
      copied += part;
      done += part;
    }
  }
  if (done !== inode.size) throw corrupt(where, `it has a hole at byte ${done}`);
  return content;
}
