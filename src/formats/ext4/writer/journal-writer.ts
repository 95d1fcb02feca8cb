import { blockSize } from '../layout/block-size.ts';
import { reservedInode } from '../layout/inode.ts';
import { journalSuperblock as field, journalBlockType, journalHeader, journalMagic } from '../layout/journal.ts';
import { inodeSeed } from '../layout/metadata-checksum.ts';
import { writeExtentBlocks } from './extent-writer.ts';
import { extentsOf } from './extents-of.ts';
import type { Image } from './image.ts';
import type { SequentialOutput } from './sequential-output.ts';

/** An empty journal: its superblock; the log behind it is never read and stays a hole. */
export function writeJournal(out: SequentialOutput, image: Image): void {
  if (image.journalBlocks === 0) return;
  const inode = reservedInode.journal;
  const tree = image.layout.trees.get(inode);
  if (tree !== undefined)
    writeExtentBlocks(out, extentsOf(image, inode), tree, inodeSeed(image.identity.seed, inode, 0));
  const at = out.reserve((image.collected.inodes.place[inode] as number) * blockSize, blockSize);
  const u32 = (offset: number, value: number) => out.view.setUint32(at + offset, value);
  u32(journalHeader.magic, journalMagic);
  u32(journalHeader.blockType, journalBlockType.superblockV2);
  u32(field.blockSize, blockSize);
  u32(field.length, image.journalBlocks);
  u32(field.first, 1);
  u32(field.sequence, 1);
  u32(field.users, 1);
  out.bytes.set(image.identity.uuid, at + field.uuid);
}
