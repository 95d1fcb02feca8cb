/** Places of the superblock's fields, in bytes from its start; it lies 1024 bytes into the image (kernel ext4.h, struct ext4_super_block). */
export const superblockField = {
  inodesCount: 0x00,
  blocksCountLo: 0x04,
  reservedBlocksCountLo: 0x08,
  freeBlocksCountLo: 0x0c,
  freeInodesCount: 0x10,
  firstDataBlock: 0x14,
  logBlockSize: 0x18,
  logClusterSize: 0x1c,
  blocksPerGroup: 0x20,
  clustersPerGroup: 0x24,
  inodesPerGroup: 0x28,
  mountTime: 0x2c,
  writeTime: 0x30,
  mountCount: 0x34,
  maxMountCount: 0x36,
  magic: 0x38,
  state: 0x3a,
  errors: 0x3c,
  minorRevision: 0x3e,
  lastCheck: 0x40,
  checkInterval: 0x44,
  creatorOs: 0x48,
  revision: 0x4c,
  reservedUid: 0x50,
  reservedGid: 0x52,
  firstInode: 0x54,
  inodeSize: 0x58,
  blockGroupNumber: 0x5a,
  featureCompat: 0x5c,
  featureIncompat: 0x60,
  featureRoCompat: 0x64,
  uuid: 0x68,
  volumeName: 0x78,
  lastMounted: 0x88,
  reservedGdtBlocks: 0xce,
  journalUuid: 0xd0,
  journalInode: 0xe0,
  journalDevice: 0xe4,
  lastOrphan: 0xe8,
  hashSeed: 0xec,
  defaultHashVersion: 0xfc,
  journalBackupType: 0xfd,
  descriptorSize: 0xfe,
  defaultMountOptions: 0x100,
  firstMetaBg: 0x104,
  makeTime: 0x108,
  journalBlocks: 0x10c,
  blocksCountHi: 0x150,
  reservedBlocksCountHi: 0x154,
  freeBlocksCountHi: 0x158,
  minExtraIsize: 0x15c,
  wantExtraIsize: 0x15e,
  flags: 0x160,
  raidStride: 0x164,
  logGroupsPerFlex: 0x174,
  checksumType: 0x175,
  kbytesWritten: 0x178,
  overheadBlocks: 0x248,
  backupGroups: 0x24c,
  checksumSeed: 0x270,
  encoding: 0x27c,
  orphanFileInode: 0x280,
  checksum: 0x3fc,
} as const;

/** In bytes. */
export const superblockOffset = 1024;
export const superblockSize = 1024;
export const superblockMagic = 0xef53;

export const superblockState = { clean: 1, errors: 2, orphans: 4 } as const;

/** Bits of `flags`: which sign `char` has in directory hashes. */
export const superblockFlag = { signedHash: 1, unsignedHash: 2 } as const;

/** `checksumType`: the only one there is. */
export const checksumTypeCrc32c = 1;
