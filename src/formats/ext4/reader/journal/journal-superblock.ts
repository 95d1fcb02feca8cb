import { crc32c } from '../../../checksum/crc32c.ts';
import {
  journalIncompatFeature as feature,
  journalSuperblock as field,
  journalBlockType,
  journalCompatFeature,
  journalHeader,
  journalMagic,
} from '../../layout/journal.ts';
import { corrupt, unsupported, wrongChecksum } from '../image-error.ts';

/** What the journal says of itself, checked. Block numbers count from the journal's first block. */
export interface JournalSuperblock {
  /** Blocks of the journal, the superblock included. */
  readonly length: number;
  /** First block of the log. */
  readonly first: number;
  /** Where the oldest transaction begins; 0: the log is empty. */
  readonly start: number;
  /** Number of the oldest transaction. */
  readonly sequence: number;
  readonly bit64: boolean;
  readonly checksum: 'none' | 'commit' | 'v2' | 'v3';
  readonly asyncCommit: boolean;
  /** What the checksums of v2 and v3 start from. */
  readonly seed: number;
}

const where = 'journal superblock';
const supported =
  feature.revoke | feature.bit64 | feature.asyncCommit | feature.checksumV2 | feature.checksumV3 | feature.fastCommit;
const checksumTypeCrc32c = 4;

/** `block` is the journal's first block; `blocks` the number of blocks that its inode maps. */
export function parseJournalSuperblock(block: DataView, blocks: number): JournalSuperblock {
  const u32 = (offset: number) => block.getUint32(offset, false);
  const type = u32(journalHeader.blockType);
  const isV2 = type === journalBlockType.superblockV2;
  if (u32(journalHeader.magic) !== journalMagic || !(isV2 || type === journalBlockType.superblockV1)) {
    throw corrupt(where, 'this is no journal (wrong magic number or block type)');
  }
  const incompat = isV2 ? u32(field.featureIncompat) : 0;
  const compat = isV2 ? u32(field.featureCompat) : 0;
  const unknown = (incompat & ~supported) >>> 0;
  if (unknown !== 0) throw unsupported(where, `the incompatible feature bit 0x${unknown.toString(16)}`);
  const start = u32(field.start);
  if ((incompat & feature.fastCommit) !== 0 && start !== 0) {
    throw unsupported(where, 'replaying a journal with fast commits (fast_commit)');
  }

  const isV2Sum = (incompat & feature.checksumV2) !== 0;
  const isV3Sum = (incompat & feature.checksumV3) !== 0;
  const isCommitSum = (compat & journalCompatFeature.checksum) !== 0;
  if (Number(isV2Sum) + Number(isV3Sum) + Number(isCommitSum) > 1)
    throw corrupt(where, 'two kinds of checksums at once');
  const hasBlockSums = isV2Sum || isV3Sum;
  if (hasBlockSums) verify(block);

  const length = u32(field.length);
  const first = u32(field.first);
  const blockSize = u32(field.blockSize);
  if (blockSize !== block.byteLength) throw corrupt(where, `blocks of ${blockSize} bytes`);
  if (length > blocks || first < 1 || first >= length || (start !== 0 && (start < first || start >= length))) {
    throw corrupt(where, `a log from ${first} to ${length}, starting at ${start}, in ${blocks} blocks`);
  }
  return {
    length,
    first,
    start,
    sequence: u32(field.sequence),
    bit64: (incompat & feature.bit64) !== 0,
    checksum: isV3Sum ? 'v3' : isV2Sum ? 'v2' : isCommitSum ? 'commit' : 'none',
    asyncCommit: (incompat & feature.asyncCommit) !== 0,
    seed: crc32c(-1, block, field.uuid, field.uuid + 16),
  };
}

function verify(block: DataView): void {
  const type = block.getUint8(field.checksumType);
  if (type !== checksumTypeCrc32c) throw corrupt(where, `unknown checksum type ${type}`);
  let crc = crc32c(-1, block, 0, field.checksum);
  crc = crc32c(crc, new DataView(new ArrayBuffer(4)));
  crc = crc32c(crc, block, field.checksum + 4, field.size) >>> 0;
  if (block.getUint32(field.checksum, false) !== crc) throw wrongChecksum(where);
}
