import { crc32c } from '../../../checksum/crc32c.ts';
import type { JournalSuperblock } from './journal-superblock.ts';

const commitChecksum = 0x10;

/** True if the sum at the end of a descriptor or revoke block fits, or if the journal has no such sums. */
export function isTailRight(view: DataView, superblock: JournalSuperblock): boolean {
  if (!hasBlockSums(superblock)) return true;
  const tail = view.byteLength - 4;
  const crc = crc32c(crc32c(superblock.seed, view, 0, tail), zeros);
  return view.getUint32(tail, false) === crc >>> 0;
}

/** The same of a commit block. */
export function isCommitRight(view: DataView, superblock: JournalSuperblock): boolean {
  if (!hasBlockSums(superblock)) return true;
  let crc = crc32c(crc32c(superblock.seed, view, 0, commitChecksum), zeros);
  crc = crc32c(crc, view, commitChecksum + 4);
  return view.getUint32(commitChecksum, false) === crc >>> 0;
}

/** The sum of a logged block as its tag holds it; `view` is the copy in the log. */
export function logBlockChecksum(view: DataView, sequence: number, superblock: JournalSuperblock): number {
  const number = new DataView(new ArrayBuffer(4));
  number.setUint32(0, sequence, false);
  const crc = crc32c(crc32c(superblock.seed, number), view) >>> 0;
  return superblock.checksum === 'v3' ? crc : crc & 0xffff;
}

export function hasBlockSums({ checksum }: JournalSuperblock): boolean {
  return checksum === 'v2' || checksum === 'v3';
}

const zeros = new DataView(new ArrayBuffer(4));
