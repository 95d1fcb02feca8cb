/** Places of a group descriptor's fields (kernel ext4.h, struct ext4_group_desc); those from 0x20 on only with 64bit. */
export const groupField = {
  blockBitmapLo: 0x00,
  inodeBitmapLo: 0x04,
  inodeTableLo: 0x08,
  freeBlocksLo: 0x0c,
  freeInodesLo: 0x0e,
  usedDirsLo: 0x10,
  flags: 0x12,
  excludeBitmapLo: 0x14,
  blockBitmapChecksumLo: 0x18,
  inodeBitmapChecksumLo: 0x1a,
  unusedInodesLo: 0x1c,
  checksum: 0x1e,
  blockBitmapHi: 0x20,
  inodeBitmapHi: 0x24,
  inodeTableHi: 0x28,
  freeBlocksHi: 0x2c,
  freeInodesHi: 0x2e,
  usedDirsHi: 0x30,
  unusedInodesHi: 0x32,
  excludeBitmapHi: 0x34,
  blockBitmapChecksumHi: 0x38,
  inodeBitmapChecksumHi: 0x3a,
} as const;

export const groupFlag = {
  /** The inode bitmap and table are not on disk: no inode is in use. */
  inodeUninit: 1,
  /** The block bitmap is not on disk: only the group's own metadata is in use. */
  blockUninit: 2,
  /** The inode table is zeroed: the kernel need not do it. */
  inodeZeroed: 4,
} as const;

export const descriptorSize = { classic: 32, bit64: 64 } as const;
