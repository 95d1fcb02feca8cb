import type { BlockRange } from '../block-range.ts';
import type { Block, Blocks } from '../blocks.ts';
import { corrupt } from '../image-error.ts';
import type { JournalSuperblock } from './journal-superblock.ts';

/** The journal's blocks, numbered from its first one. */
export interface JournalLog {
  readonly superblock: JournalSuperblock;
  /** The block of the image that holds a block of the journal. */
  imageBlock(journalBlock: number): number;
  read(journalBlock: number): Block;
  /** The block `steps` further on; the log is a ring. */
  advance(journalBlock: number, steps: number): number;
}

export function createJournalLog(
  superblock: JournalSuperblock,
  ranges: readonly BlockRange[],
  blocks: Blocks,
): JournalLog {
  const ring = superblock.length - superblock.first;
  const log: JournalLog = {
    superblock,
    imageBlock: (journalBlock) => findBlock(ranges, journalBlock),
    read: (journalBlock) => blocks.read(log.imageBlock(journalBlock), `journal block ${journalBlock}`),
    advance: (journalBlock, steps) => superblock.first + ((journalBlock - superblock.first + steps) % ring),
  };
  return log;
}

/** `ranges` are in order; their count is bounded by the size of the journal's extent tree. */
export function findBlock(ranges: readonly BlockRange[], journalBlock: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined) break;
    if (journalBlock < range.logical) high = middle - 1;
    else if (journalBlock >= range.logical + range.count) low = middle + 1;
    else return range.physical + journalBlock - range.logical;
  }
  throw corrupt(`journal block ${journalBlock}`, "the journal's inode does not map it");
}
