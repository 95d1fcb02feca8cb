import { blockSize } from '../layout/block-size.ts';
import { extentEntrySize, extentsInInode } from '../layout/extent.ts';

/** Entries of a block of the tree, with room for the checksum. */
export const extentsPerBlock = Math.floor((blockSize - extentEntrySize - 4) / extentEntrySize);

/** Blocks of each level of the tree below the inode, from the leaves up; empty if all extents fit into the inode. */
export function extentTreeLevels(extents: number): number[] {
  const levels: number[] = [];
  for (let entries = extents; entries > extentsInInode; ) {
    entries = Math.ceil(entries / extentsPerBlock);
    levels.push(entries);
  }
  return levels;
}

/** Blocks of the whole tree. */
export function extentTreeBlocks(extents: number): number {
  return extentTreeLevels(extents).reduce((sum, count) => sum + count, 0);
}
