import { corrupt, wrongChecksum } from '../image-error.ts';
import { hasBlockSums, logBlockChecksum } from './journal-checksums.ts';
import type { JournalLog } from './journal-log.ts';
import { type LogRecord, scanLog } from './journal-scan.ts';
import { journalTags, revokedBlocks } from './journal-tags.ts';

/** Where the newest content of a block lies that the journal replaces. */
export interface ReplacedBlock {
  /** The block of the image to read instead: one of the journal's. */
  readonly source: number;
  /** Its first four bytes stand for the journal's magic number. */
  readonly isEscaped: boolean;
}

export interface Replay {
  readonly transactions: number;
  readonly blocks: ReadonlyMap<number, ReplacedBlock>;
}

/**
 * What replaying the log would write (kernel recovery.c). Memory follows the number of blocks that the log holds.
 * EXT4_CHECKSUM or EXT4_CORRUPT if a committed block is damaged or belongs nowhere.
 */
export function replayLog(log: JournalLog, blocksCount: number): Replay {
  const { records, transactions } = scanLog(log);
  const revoked = revokedIn(log, records);
  const replaced = new Map<number, ReplacedBlock>();
  for (const { kind, block: at, sequence } of records) {
    if (kind !== 'descriptor') continue;
    let step = 0;
    for (const { block, isEscaped, checksum } of journalTags(log.read(at).view, log.superblock)) {
      const journalBlock = log.advance(at, ++step);
      const last = revoked.get(block);
      if (last !== undefined && isAtOrAfter(last, sequence)) continue;
      const where = `journal block ${journalBlock}, transaction ${sequence}`;
      if (block >= blocksCount) throw corrupt(where, `it belongs to block ${block}, outside of the image`);
      if (hasBlockSums(log.superblock)) {
        const { view } = log.read(journalBlock);
        if (logBlockChecksum(view, sequence, log.superblock) !== checksum) throw wrongChecksum(where);
      }
      replaced.set(block, { source: log.imageBlock(journalBlock), isEscaped });
    }
  }
  return { transactions, blocks: replaced };
}

/** The last transaction that took back each block: copies of it and of older ones must not be written. */
function revokedIn(log: JournalLog, records: readonly LogRecord[]): Map<number, number> {
  const revoked = new Map<number, number>();
  for (const { kind, block: at, sequence } of records) {
    if (kind !== 'revoke') continue;
    const where = `journal block ${at}`;
    for (const block of revokedBlocks(log.read(at).view, log.superblock, where)) {
      const known = revoked.get(block);
      if (known === undefined || isAtOrAfter(sequence, known)) revoked.set(block, sequence);
    }
  }
  return revoked;
}

/** Transaction numbers are a ring of 32 bits. */
function isAtOrAfter(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}
