/** JBD2 (kernel jbd2.h); every number is big-endian. */
export const journalMagic = 0xc03b3998;

/** Each journal block that is not plain data starts so. */
export const journalHeader = { magic: 0x0, blockType: 0x4, sequence: 0x8, size: 0xc } as const;

export const journalBlockType = { descriptor: 1, commit: 2, superblockV1: 3, superblockV2: 4, revoke: 5 } as const;

export const journalSuperblock = {
  blockSize: 0xc,
  /** Blocks of the journal. */
  length: 0x10,
  /** First block of log. */
  first: 0x14,
  sequence: 0x18,
  /** Block where the log starts; 0: nothing to replay. */
  start: 0x1c,
  errno: 0x20,
  featureCompat: 0x24,
  featureIncompat: 0x28,
  featureRoCompat: 0x2c,
  uuid: 0x30,
  users: 0x40,
  checksumType: 0x50,
  fastCommitBlocks: 0x54,
  head: 0x58,
  checksum: 0xfc,
  size: 0x400,
} as const;

export const journalCompatFeature = { checksum: 0x1 } as const;

export const journalIncompatFeature = {
  revoke: 0x1,
  bit64: 0x2,
  asyncCommit: 0x4,
  checksumV2: 0x8,
  checksumV3: 0x10,
  fastCommit: 0x20,
} as const;

/** Flags of a descriptor block's tags. */
export const journalTagFlag = { escaped: 1, sameUuid: 2, deleted: 4, last: 8 } as const;
