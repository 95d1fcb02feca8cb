import { blockSize } from '../layout/block-size.ts';
import { firstOrdinaryInode, modeType, reservedInode } from '../layout/inode.ts';
import { pairs } from './group-usage.ts';
import type { Image } from './image.ts';

/** Counts everything a second way and throws a plain error where the counts differ: then a defect of ours was found. */
export function checkPlan(image: Image): void {
  const { geometry } = image.layout;
  const free = image.usage.freeBlocks.reduce((sum, count) => sum + count, 0);
  same('blocks', ownedBlocks(image), geometry.blocks - free);
  same(
    'folders',
    image.usage.folders.reduce((sum, count) => sum + count, 0),
    countFolders(image),
  );
  // One for each name, one for each folder's `.` and one for its `..`.
  const links = image.collected.names.count + 2 * image.collected.folders.length;
  same('links', countLinks(image), links);
  if (image.layout.cursor.end > geometry.blocks) throw new Error('ext4 self-check: the content exceeds the image');
}

/** Blocks by who owns them: groups, inodes, attributes. */
function ownedBlocks({ collected, layout, xattrs, journalBlocks }: Image): number {
  const { geometry, trees, resizeBlock, cursor } = layout;
  const { inodes, folders, files, longSymlinks, maps } = collected;
  const blocksOf = (inode: number) => maps.get(inode)?.blocks ?? Math.ceil((inodes.size[inode] as number) / blockSize);
  let owned = geometry.headBlocks * (1 + geometry.backupGroups.length);
  owned += geometry.groups * (2 + geometry.tableBlocks);
  owned += (resizeBlock > 0 ? 1 : 0) + journalBlocks + xattrs.blocks.length + longSymlinks.length;
  for (const tree of trees.values()) owned += tree.length;
  for (const folder of folders) owned += blocksOf(folder);
  for (const { inode } of xattrs.valueInodes) owned += blocksOf(inode);
  for (const file of files) owned += blocksOf(file);
  for (const [first, end] of pairs(cursor.gaps)) {
    if (first >= end || end > cursor.end) throw new Error(`ext4 self-check: the gap ${first}-${end} is none`);
  }
  return owned;
}

function countFolders({ collected }: Image): number {
  const { inodes } = collected;
  let count = 0;
  for (let inode = 1; inode <= inodes.last; inode++) {
    if (((inodes.mode[inode] as number) & modeType.mask) === modeType.directory) count++;
  }
  return count;
}

/** The links of everything that names can lead to. */
function countLinks({ collected, xattrs }: Image): number {
  const { inodes } = collected;
  let count = inodes.links[reservedInode.root] as number;
  const last = inodes.last - xattrs.valueInodes.length;
  for (let inode = firstOrdinaryInode; inode <= last; inode++) count += inodes.links[inode] as number;
  return count;
}

function same(what: string, counted: number, declared: number): void {
  if (counted !== declared) throw new Error(`ext4 self-check: ${counted} ${what} counted, ${declared} declared`);
}
