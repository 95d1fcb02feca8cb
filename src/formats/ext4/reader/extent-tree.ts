import {
  extentEntrySize,
  extentIndex,
  extentLeaf,
  extentMagic,
  extentHeader as header,
  maxExtentDepth,
  maxExtentLength,
} from '../layout/extent.ts';
import { inodeBlockSize, inodeField } from '../layout/inode.ts';
import { extentBlockChecksum, extentBlockChecksumPlace } from '../layout/metadata-checksum.ts';
import type { BlockRange } from './block-range.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt, wrongChecksum } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';

interface Node {
  readonly view: DataView;
  /** Levels below this node. */
  readonly depth: number;
  /** Logical blocks that the node may map: from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
  readonly where: string;
}

/** Logical block numbers have 32 bits. */
const maxLogical = 2 ** 32;

/**
 * The written ranges of a file with an extent tree, in order. Unwritten extents read as zeros, like holes: they are
 * left out. Ranges never overlap in the file and always lie in the image.
 */
export function* extentRanges(context: ImageContext, inode: Ext4Inode): Generator<BlockRange> {
  const where = `inode ${inode.number}, extent tree`;
  const { record } = inode;
  const view = new DataView(record.buffer, record.byteOffset + inodeField.block, inodeBlockSize);
  const depth = view.getUint16(header.depth, true);
  if (depth > maxExtentDepth) throw corrupt(where, `${depth} levels`);
  yield* rangesOf(context, inode, { view, depth, start: 0, end: maxLogical, where });
}

function* rangesOf(context: ImageContext, inode: Ext4Inode, node: Node): Generator<BlockRange> {
  const entries = checkHeader(node);
  context.budget.spend(entries);
  if (node.depth === 0) yield* leafRanges(context, node, entries);
  else yield* innerRanges(context, inode, node, entries);
}

function checkHeader({ view, depth, where }: Node): number {
  if (view.getUint16(header.magic, true) !== extentMagic) throw corrupt(where, 'wrong magic number');
  const max = view.getUint16(header.max, true);
  const entries = view.getUint16(header.entries, true);
  const fits = Math.floor(view.byteLength / extentEntrySize) - 1;
  if (max === 0 || max > fits || entries > max) {
    throw corrupt(where, `${entries} of ${max} entries where ${fits} fit`);
  }
  const claimed = view.getUint16(header.depth, true);
  if (claimed !== depth) throw corrupt(where, `depth ${claimed} instead of ${depth}`);
  if (depth > 0 && entries === 0) throw corrupt(where, 'an inner node without entries');
  return entries;
}

function* leafRanges({ superblock }: ImageContext, node: Node, entries: number): Generator<BlockRange> {
  const { view, where } = node;
  let next = node.start;
  for (let i = 1; i <= entries; i++) {
    const at = i * extentEntrySize;
    const logical = view.getUint32(at + extentLeaf.block, true);
    const length = view.getUint16(at + extentLeaf.length, true);
    const isUnwritten = length > maxExtentLength;
    const count = isUnwritten ? length - maxExtentLength : length;
    const physical =
      view.getUint16(at + extentLeaf.startHi, true) * 2 ** 32 + view.getUint32(at + extentLeaf.startLo, true);
    if (count === 0 || logical < next || logical + count > node.end) {
      throw corrupt(where, `an extent of ${count} blocks at block ${logical} of the file is out of order`);
    }
    if (physical <= superblock.firstDataBlock || physical + count > superblock.blocksCount) {
      throw corrupt(where, `an extent of ${count} blocks at block ${physical} is outside of the image`);
    }
    next = logical + count;
    if (!isUnwritten) yield { logical, physical, count };
  }
}

function* innerRanges(context: ImageContext, inode: Ext4Inode, node: Node, entries: number): Generator<BlockRange> {
  const { view, where } = node;
  let next = node.start;
  for (let i = 1; i <= entries; i++) {
    const at = i * extentEntrySize;
    const start = view.getUint32(at + extentIndex.block, true);
    const end = i === entries ? node.end : view.getUint32(at + extentEntrySize + extentIndex.block, true);
    if (start < next || start >= end || end > node.end) throw corrupt(where, `entry ${i} is out of order`);
    next = end;
    const number =
      view.getUint32(at + extentIndex.leafLo, true) + view.getUint16(at + extentIndex.leafHi, true) * 2 ** 32;
    const place = `inode ${inode.number}, extent block ${number}`;
    const child = context.blocks.read(number, where).view;
    const below = { view: child, depth: node.depth - 1, start, end, where: place };
    checkHeader(below);
    if (context.superblock.has.metadataChecksum) verify(child, inode.seed, place);
    yield* rangesOf(context, inode, below);
  }
}

function verify(view: DataView, seed: number, where: string): void {
  const at = extentBlockChecksumPlace(view);
  if (at + 4 > view.byteLength) throw corrupt(where, 'no room for its checksum');
  if (view.getUint32(at, true) !== extentBlockChecksum(seed, view)) throw wrongChecksum(where);
}
