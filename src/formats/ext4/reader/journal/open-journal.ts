import { blockRanges } from '../file-ranges.ts';
import type { ImageContext } from '../image-context.ts';
import { corrupt, unsupported } from '../image-error.ts';
import { readInode } from '../inode.ts';
import { createJournalLog, findBlock, type JournalLog } from './journal-log.ts';
import { parseJournalSuperblock } from './journal-superblock.ts';

/** The log of an image whose journal has to be replayed; undefined if there is nothing in it. */
export function openJournal(context: ImageContext): JournalLog | undefined {
  const { superblock, blocks } = context;
  if (!superblock.has.journal) throw corrupt('superblock', 'the journal needs replay, but there is no journal');
  if (superblock.journalInode === 0) throw unsupported('superblock', 'an external journal');
  const inode = readInode(context, superblock.journalInode);
  if (inode.kind !== 'file') throw corrupt(`inode ${inode.number}`, `the journal is a ${inode.kind}`);
  const ranges = [...blockRanges(context, inode)];
  const mapped = Math.floor(inode.size / superblock.blockSize);
  const first = blocks.read(findBlock(ranges, 0), 'journal superblock');
  const parsed = parseJournalSuperblock(first.view, mapped);
  return parsed.start === 0 ? undefined : createJournalLog(parsed, ranges, blocks);
}
