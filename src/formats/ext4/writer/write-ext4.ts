import { blockSize } from '../layout/block-size.ts';
import { writeBitmaps } from './bitmap-writer.ts';
import { writeFiles, writeLongSymlinks, writeXattrs } from './content-writer.ts';
import { writeFolders } from './folder-writer.ts';
import { planHeads, writeResizeBlock } from './head-writer.ts';
import { formatUuid } from './identity.ts';
import { writeInodeTables } from './inode-writer.ts';
import { writeJournal } from './journal-writer.ts';
import type { Ext4Options, Ext4Source, Ext4Summary, ImageSink } from './options.ts';
import { planImage } from './plan-image.ts';
import { checkPlan } from './self-check.ts';
import { SequentialOutput } from './sequential-output.ts';

/** Part of every cache key of an image: goes up whenever the same input gives other bytes. */
export const ext4WriterVersion = 1;

/**
 * Writes a tree as an ext4 image: same tree, layers and options, same bytes. The tree is read once, then the image is
 * written in one pass of rising positions. Throws EXT4_LIMIT for what ext4 can't hold, EXT4_TOO_SMALL, ABORTED, and
 * whatever sink and layers throw; then the image is worthless.
 */
export async function writeExt4(source: Ext4Source, sink: ImageSink, options: Ext4Options): Promise<Ext4Summary> {
  const image = planImage(source, options);
  if (options.selfCheck) checkPlan(image);
  const out = new SequentialOutput(sink, planHeads(image), options.signal);
  try {
    await writeBitmaps(out, image);
    await writeInodeTables(out, image);
    writeResizeBlock(out, image);
    writeJournal(out, image);
    await writeFolders(out, image);
    await writeXattrs(out, image);
    await writeLongSymlinks(out, image);
    await writeFiles(out, image);
    await out.finish();
  } finally {
    await out.settle();
  }
  const { geometry } = image.layout;
  const inodes = geometry.groups * geometry.inodesPerGroup;
  return {
    size: geometry.blocks * blockSize,
    blockSize,
    blocks: geometry.blocks,
    freeBlocks: image.usage.freeBlocks.reduce((sum, count) => sum + count, 0),
    inodes,
    freeInodes: inodes - image.collected.inodes.last,
    written: out.written,
    uuid: formatUuid(image.identity.uuid),
  };
}
