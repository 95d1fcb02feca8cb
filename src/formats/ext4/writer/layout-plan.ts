import { blockSize } from '../layout/block-size.ts';
import { reservedInode } from '../layout/inode.ts';
import { BlockCursor } from './block-cursor.ts';
import type { Collected } from './collect.ts';
import { extentTreeBlocks } from './extent-tree-shape.ts';
import type { BlockRun } from './file-map.ts';
import type { Geometry } from './geometry.ts';
import type { XattrStorage } from './xattr-blocks.ts';

/** Where everything lies; the columns `place` of the inodes belong to it. */
export interface LayoutPlan {
  readonly geometry: Geometry;
  readonly cursor: BlockCursor;
  /** By group. */
  readonly blockBitmaps: Float64Array;
  readonly inodeBitmaps: Float64Array;
  readonly inodeTables: Float64Array;
  /** The doubly indirect block of the resize inode; 0: none. */
  readonly resizeBlock: number;
  readonly xattrBlocks: Float64Array;
  /** Blocks of the extent trees of inodes that need one, the leaves first. */
  readonly trees: ReadonlyMap<number, readonly number[]>;
}

/** Lays out everything in the order in which it is written. */
export function planLayout(
  { inodes, folders, longSymlinks, files, maps }: Collected,
  xattrs: XattrStorage,
  geometry: Geometry,
): LayoutPlan {
  const cursor = new BlockCursor(geometry);
  const takeEach = (count: number, length = 1) => Float64Array.from({ length: count }, () => cursor.take(length));
  const blockBitmaps = takeEach(geometry.groups);
  const inodeBitmaps = takeEach(geometry.groups);
  const inodeTables = takeEach(geometry.groups, geometry.tableBlocks);
  const resizeBlock = geometry.reservedDescriptorBlocks > 0 ? cursor.take(1) : 0;
  const trees = new Map<number, readonly number[]>();
  const place = (inode: number) => {
    const map = maps.get(inode);
    const count = map?.blocks ?? Math.ceil((inodes.size[inode] as number) / blockSize);
    if (count === 0) return;
    if (map !== undefined || !cursor.fitsInOneExtent(count)) {
      const tree = takeTree(cursor, map?.runs ?? [{ logical: 0, count }]);
      if (tree.length > 0) trees.set(inode, tree);
    }
    inodes.place[inode] = cursor.spread(count);
  };
  place(reservedInode.journal);
  for (const folder of folders) place(folder);
  const xattrBlocks = takeEach(xattrs.blocks.length);
  for (const { inode } of xattrs.valueInodes) place(inode);
  for (const symlink of longSymlinks) place(symlink);
  for (const file of files) place(file);
  return { geometry, cursor, blockBitmaps, inodeBitmaps, inodeTables, resizeBlock, xattrBlocks, trees };
}

/**
 * Takes the blocks of an extent tree for runs that are placed right behind it. Where the runs begin decides how many
 * copies of the superblock break them, and with that how many blocks the tree has: so they are taken one by one.
 */
function takeTree(cursor: BlockCursor, runs: readonly BlockRun[]): number[] {
  const blocks: number[] = [];
  for (;;) {
    const needed = extentTreeBlocks(cursor.extents(cursor.next, runs));
    if (needed < blocks.length) {
      for (const unused of blocks.splice(needed)) cursor.addGap(unused, unused + 1);
    }
    if (needed <= blocks.length) return blocks;
    blocks.push(cursor.take(1));
  }
}
