import { journalBlockType, journalHeader, journalMagic } from '../../layout/journal.ts';
import { wrongChecksum } from '../image-error.ts';
import { crc32Be } from './crc32-be.ts';
import { isCommitRight, isTailRight } from './journal-checksums.ts';
import type { JournalLog } from './journal-log.ts';
import { journalTags } from './journal-tags.ts';

/** A descriptor or revoke block of a transaction that was committed. */
export interface LogRecord {
  readonly kind: 'descriptor' | 'revoke';
  /** Within the journal. */
  readonly block: number;
  /** The transaction's number. */
  readonly sequence: number;
}

/** Fields of a commit block. */
const commit = { checksumType: 0xc, checksumSize: 0xd, checksum: 0x10, seconds: 0x30 } as const;
const checksumTypeCrc32 = 1;

/**
 * Finds what the log holds of whole transactions, from the oldest on, and ends where the next number or its commit
 * block is missing (kernel recovery.c, do_one_pass with PASS_SCAN). EXT4_CHECKSUM if a transaction was committed, but
 * its descriptor, revoke or commit block is not what was written.
 */
export function scanLog(log: JournalLog): { readonly records: readonly LogRecord[]; readonly transactions: number } {
  const { superblock } = log;
  const ring = superblock.length - superblock.first;
  const records: LogRecord[] = [];
  let open = newTransaction();
  let at = superblock.start;
  let sequence = superblock.sequence;
  let transactions = 0;
  let lastCommit = 0n;
  for (let visited = 0; visited < ring; ) {
    const { view, bytes } = log.read(at);
    if (view.getUint32(journalHeader.magic, false) !== journalMagic) break;
    if (view.getUint32(journalHeader.sequence, false) !== sequence) break;
    const type = view.getUint32(journalHeader.blockType, false);
    let length = 1;
    if (type === journalBlockType.descriptor) {
      if (!isTailRight(view, superblock)) open.wrong ??= at;
      open.records.push({ kind: 'descriptor', block: at, sequence });
      for (const _ of journalTags(view, superblock)) length++;
      if (superblock.checksum === 'commit') open.sum = sumOf(log, open.sum, at, bytes, Math.min(length, ring));
    } else if (type === journalBlockType.revoke) {
      if (!isTailRight(view, superblock)) open.wrong ??= at;
      open.records.push({ kind: 'revoke', block: at, sequence });
    } else if (type === journalBlockType.commit) {
      const time = view.getBigUint64(commit.seconds, false);
      const isRight = open.wrong === undefined && isCommitRight(view, superblock) && isSumRight(log, view, open.sum);
      if (!isRight) {
        // A transaction of an earlier round through the ring, or one that asynchronous commits left unfinished.
        if (time < lastCommit || superblock.asyncCommit) break;
        throw wrongChecksum(`journal block ${open.wrong ?? at}, transaction ${sequence}`);
      }
      lastCommit = time;
      records.push(...open.records);
      open = newTransaction();
      sequence = (sequence + 1) >>> 0;
      transactions++;
    } else {
      break;
    }
    visited += length;
    at = log.advance(at, length);
  }
  return { records, transactions };
}

interface OpenTransaction {
  records: LogRecord[];
  /** The first block whose checksum does not match. */
  wrong: number | undefined;
  /** The running sum of the first kind of checksums. */
  sum: number;
}

function newTransaction(): OpenTransaction {
  return { records: [], wrong: undefined, sum: -1 };
}

function sumOf(log: JournalLog, sum: number, at: number, descriptor: Uint8Array, length: number): number {
  let crc = crc32Be(sum, descriptor);
  for (let step = 1; step < length; step++) crc = crc32Be(crc, log.read(log.advance(at, step)).bytes);
  return crc;
}

function isSumRight(log: JournalLog, view: DataView, sum: number): boolean {
  if (log.superblock.checksum !== 'commit') return true;
  const type = view.getUint8(commit.checksumType);
  const size = view.getUint8(commit.checksumSize);
  const stored = view.getUint32(commit.checksum, false);
  if (type === 0 && size === 0 && stored === 0) return true;
  return type === checksumTypeCrc32 && size === 4 && stored === sum >>> 0;
}
