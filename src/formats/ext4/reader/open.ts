import type { ByteString } from '../../../base/byte-string.ts';
import type { RandomAccess } from '../../io/random-access.ts';
import { reservedInode } from '../layout/inode.ts';
import { createBlocks } from './blocks.ts';
import { type Budget, createBudget } from './budget.ts';
import { readDirectory } from './directory.ts';
import { dataExtents } from './file-ranges.ts';
import type { Ext4FileSystem } from './file-system.ts';
import { createGroups } from './groups.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt } from './image-error.ts';
import { readInode } from './inode.ts';
import { openJournal } from './journal/open-journal.ts';
import { type Replay, replayLog } from './journal/replay.ts';
import { replayedImage } from './journal/replayed-image.ts';
import { baseWork, workPerBlock } from './limits.ts';
import { lookupPath } from './lookup.ts';
import { readSuperblock, type Superblock } from './superblock.ts';
import { symlinkTarget } from './symlink-target.ts';
import { readXattrs } from './xattrs.ts';

/**
 * Opens an ext4, ext3 or ext2 image. A journal that was not written back is replayed in memory; the image itself is
 * only ever read. Throws EXT4_CORRUPT, EXT4_CHECKSUM, EXT4_UNSUPPORTED or EXT4_TOO_COMPLEX.
 */
export function openExt4(image: RandomAccess): Ext4FileSystem {
  const first = readSuperblock(image);
  const budget = createBudget(baseWork + workPerBlock * (first.blocksCount + first.inodesCount));
  const replay = first.has.journalDirty ? replayOf(image, first, budget) : undefined;
  const view = replay === undefined ? image : replayedImage(image, first.blockSize, replay.blocks);
  // The superblock may be among the blocks that the journal replaces.
  const superblock = view === image ? first : readSuperblock(view);
  if (superblock.blockSize !== first.blockSize) throw corrupt('superblock', 'its copy in the journal has other sizes');
  const context = contextOf(view, superblock, budget);
  return Object.freeze({
    image: view,
    state: Object.freeze({
      replayedTransactions: replay?.transactions ?? 0,
      hasOrphans: superblock.lastOrphan !== 0 || superblock.has.orphanPresent,
    }),
    root: reservedInode.root,
    inode: (number) => readInode(context, number),
    readdir: (directory) => readDirectory(context, directory),
    lookup: (path: ByteString) => lookupPath(context, path),
    linkTarget: (symlink) => symlinkTarget(context, symlink),
    xattrs: (inode) => readXattrs(context, inode),
    dataExtents: (file) => dataExtents(context, file),
  } satisfies Ext4FileSystem);
}

function contextOf(image: RandomAccess, superblock: Superblock, budget: Budget): ImageContext {
  const blocks = createBlocks(image, superblock.blockSize, superblock.blocksCount, budget);
  return { superblock, blocks, groups: createGroups(superblock, blocks), budget };
}

function replayOf(image: RandomAccess, superblock: Superblock, budget: Budget): Replay | undefined {
  const log = openJournal(contextOf(image, superblock, budget));
  return log === undefined ? undefined : replayLog(log, superblock.blocksCount);
}
