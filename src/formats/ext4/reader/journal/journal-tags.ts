import { journalHeader, journalTagFlag } from '../../layout/journal.ts';
import { corrupt } from '../image-error.ts';
import type { JournalSuperblock } from './journal-superblock.ts';

/** One logged block: its copy follows the descriptor block, in the order of the tags. */
export interface JournalTag {
  /** The block of the image that the copy replaces. */
  readonly block: number;
  /** The copy began with the journal's magic number, which was taken out. */
  readonly isEscaped: boolean;
  /** 32 bits in v3, the lower 16 in v2. */
  readonly checksum: number;
}

const uuidSize = 16;
const tailSize = 4;

/** The tags of a descriptor block (kernel jbd2.h, journal_block_tag_t and journal_block_tag3_t). */
export function* journalTags(view: DataView, superblock: JournalSuperblock): Generator<JournalTag> {
  const isV3 = superblock.checksum === 'v3';
  const hasSums = isV3 || superblock.checksum === 'v2';
  const size = isV3 ? 16 : 8 + (superblock.checksum === 'v2' ? 2 : 0) + (superblock.bit64 ? 4 : 0);
  const end = view.byteLength - (hasSums ? tailSize : 0);
  for (let at: number = journalHeader.size; at + size <= end; ) {
    const flags = isV3 ? view.getUint32(at + 4, false) : view.getUint16(at + 6, false);
    const high = superblock.bit64 ? view.getUint32(at + 8, false) : 0;
    yield {
      block: view.getUint32(at, false) + high * 2 ** 32,
      isEscaped: (flags & journalTagFlag.escaped) !== 0,
      checksum: isV3 ? view.getUint32(at + 12, false) : view.getUint16(at + 4, false),
    };
    at += size + ((flags & journalTagFlag.sameUuid) === 0 ? uuidSize : 0);
    if ((flags & journalTagFlag.last) !== 0) return;
  }
}

/** The blocks that a revoke block takes back. */
export function* revokedBlocks(view: DataView, superblock: JournalSuperblock, where: string): Generator<number> {
  const hasTail = superblock.checksum === 'v2' || superblock.checksum === 'v3';
  const size = superblock.bit64 ? 8 : 4;
  const end = view.getUint32(journalHeader.size, false);
  if (end > view.byteLength - (hasTail ? tailSize : 0)) throw corrupt(where, `${end} bytes of revoked blocks`);
  for (let at: number = journalHeader.size + 4; at + size <= end; at += size) {
    const high = superblock.bit64 ? view.getUint32(at, false) : 0;
    yield high * 2 ** 32 + view.getUint32(at + (superblock.bit64 ? 4 : 0), false);
  }
}
