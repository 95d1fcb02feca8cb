import { blockSize } from '../layout/block-size.ts';
import {
  extentEntrySize,
  extentHeader,
  extentIndex,
  extentLeaf,
  extentMagic,
  extentsInInode,
} from '../layout/extent.ts';
import { extentBlockChecksum } from '../layout/metadata-checksum.ts';
import { extentsPerBlock, extentTreeLevels } from './extent-tree-shape.ts';
import type { SequentialOutput } from './sequential-output.ts';

/** Extents of one inode: block within the file, block, length; flat. */
export type FlatExtents = readonly number[];

/** Writes the root of an extent tree into an inode's block area. `tree` holds the blocks below it, the leaves first. */
export function writeExtentRoot(view: DataView, at: number, extents: FlatExtents, tree: readonly number[]): void {
  const levels = extentTreeLevels(extents.length / 3);
  const depth = levels.length;
  if (depth === 0) {
    writeHeader(view, at, extents.length / 3, extentsInInode, 0);
    writeLeaves(view, at + extentEntrySize, extents, 0, extents.length / 3);
    return;
  }
  const top = levels[depth - 1] as number;
  writeHeader(view, at, top, extentsInInode, depth);
  writeIndexes(view, at + extentEntrySize, firstBlocks(extents, depth - 1), tree.slice(-top), 0, top);
}

/** Writes the blocks of an extent tree; `tree` as for {@link writeExtentRoot}. */
export function writeExtentBlocks(
  out: SequentialOutput,
  extents: FlatExtents,
  tree: readonly number[],
  seedOfInode: number,
): void {
  let used = 0;
  let entries = extents.length / 3;
  extentTreeLevels(entries).forEach((blocks, level) => {
    for (let i = 0; i < blocks; i++) {
      const at = out.reserve((tree[used + i] as number) * blockSize, blockSize);
      const view = new DataView(out.view.buffer, out.view.byteOffset + at, blockSize);
      const first = i * extentsPerBlock;
      const count = Math.min(extentsPerBlock, entries - first);
      writeHeader(view, 0, count, extentsPerBlock, level);
      if (level === 0) writeLeaves(view, extentEntrySize, extents, first, count);
      else {
        const below = tree.slice(used - entries, used);
        writeIndexes(view, extentEntrySize, firstBlocks(extents, level - 1), below, first, count);
      }
      view.setUint32(extentEntrySize * (1 + extentsPerBlock), extentBlockChecksum(seedOfInode, view), true);
    }
    used += blocks;
    entries = blocks;
  });
}

/** The first block within the file of each tree block of a level. */
function firstBlocks(extents: FlatExtents, level: number): number[] {
  const step = 3 * extentsPerBlock ** (level + 1);
  return extents.filter((_, i) => i % step === 0);
}

function writeHeader(view: DataView, at: number, entries: number, max: number, depth: number): void {
  view.setUint16(at + extentHeader.magic, extentMagic, true);
  view.setUint16(at + extentHeader.entries, entries, true);
  view.setUint16(at + extentHeader.max, max, true);
  view.setUint16(at + extentHeader.depth, depth, true);
}

function writeLeaves(view: DataView, at: number, extents: FlatExtents, first: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const from = (first + i) * 3;
    const block = extents[from + 1] as number;
    const entry = at + i * extentEntrySize;
    view.setUint32(entry + extentLeaf.block, extents[from] as number, true);
    view.setUint16(entry + extentLeaf.length, extents[from + 2] as number, true);
    view.setUint16(entry + extentLeaf.startHi, Math.floor(block / 2 ** 32), true);
    view.setUint32(entry + extentLeaf.startLo, block >>> 0, true);
  }
}

function writeIndexes(
  view: DataView,
  at: number,
  logical: readonly number[],
  blocks: readonly number[],
  first: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const block = blocks[first + i] as number;
    const entry = at + i * extentEntrySize;
    view.setUint32(entry + extentIndex.block, logical[first + i] as number, true);
    view.setUint32(entry + extentIndex.leafLo, block >>> 0, true);
    view.setUint16(entry + extentIndex.leafHi, Math.floor(block / 2 ** 32), true);
  }
}
