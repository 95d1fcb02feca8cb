/** Extended attributes (kernel xattr.h). In an inode only the magic precedes the entries; in a block a header of 32 bytes. */
export const xattrMagic = 0xea020000;

export const xattrHeader = { magic: 0x0, references: 0x4, blocks: 0x8, hash: 0xc, checksum: 0x10, size: 0x20 } as const;

export const xattrEntry = {
  nameLength: 0x0,
  nameIndex: 0x1,
  valueOffset: 0x2,
  /** Not zero: the value is the content of this inode. */
  valueInode: 0x4,
  valueSize: 0x8,
  hash: 0xc,
  name: 0x10,
} as const;

/** The part of an attribute's name that is stored as a number. A prefix without a dot at the end is a whole name. */
export const xattrPrefixes = [
  { index: 1, prefix: 'user.' },
  { index: 2, prefix: 'system.posix_acl_access' },
  { index: 3, prefix: 'system.posix_acl_default' },
  { index: 4, prefix: 'trusted.' },
  { index: 6, prefix: 'security.' },
  { index: 8, prefix: 'system.richacl' },
  { index: 7, prefix: 'system.' },
] as const;

/** Inodes that may share one attribute block. */
export const maxXattrReferences = 1024;

/** Bytes of one value (XATTR_SIZE_MAX of the kernel's VFS). */
export const maxXattrValueSize = 65536;
