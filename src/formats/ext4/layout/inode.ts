/** Places of an inode's fields (kernel ext4.h, struct ext4_inode); those from 0x80 on only if `extraIsize` covers them. */
export const inodeField = {
  mode: 0x00,
  uidLo: 0x02,
  sizeLo: 0x04,
  atime: 0x08,
  ctime: 0x0c,
  mtime: 0x10,
  dtime: 0x14,
  gidLo: 0x18,
  links: 0x1a,
  blocksLo: 0x1c,
  flags: 0x20,
  versionLo: 0x24,
  /** 60 bytes: block numbers, an extent tree, a short symlink's target or inline data. */
  block: 0x28,
  generation: 0x64,
  xattrBlockLo: 0x68,
  sizeHi: 0x6c,
  blocksHi: 0x74,
  xattrBlockHi: 0x76,
  uidHi: 0x78,
  gidHi: 0x7a,
  checksumLo: 0x7c,
  extraIsize: 0x80,
  checksumHi: 0x82,
  ctimeExtra: 0x84,
  mtimeExtra: 0x88,
  atimeExtra: 0x8c,
  crtime: 0x90,
  crtimeExtra: 0x94,
  versionHi: 0x98,
  projectId: 0x9c,
} as const;

/** Bytes of an inode before the part that `extraIsize` measures. */
export const goodOldInodeSize = 128;

/** Bytes of `inodeField.block`. */
export const inodeBlockSize = 60;

export const inodeFlag = {
  immutable: 0x10,
  append: 0x20,
  /** The directory has a hashed index. */
  index: 0x1000,
  /** `blocks` counts file system blocks, not sectors. */
  hugeFile: 0x40000,
  extents: 0x80000,
  verity: 0x100000,
  /** The inode holds the value of an extended attribute. */
  eaInode: 0x200000,
  inlineData: 0x10000000,
  projectInherit: 0x20000000,
  casefold: 0x40000000,
  encrypt: 0x800,
} as const;

export const reservedInode = {
  badBlocks: 1,
  root: 2,
  resize: 7,
  journal: 8,
} as const;

/** The first inode number that is free for files in every file system that mke2fs makes. */
export const firstOrdinaryInode = 11;

/** File types in `mode` (stat(2)). */
export const modeType = {
  mask: 0xf000,
  fifo: 0x1000,
  character: 0x2000,
  directory: 0x4000,
  block: 0x6000,
  file: 0x8000,
  symlink: 0xa000,
  socket: 0xc000,
} as const;
