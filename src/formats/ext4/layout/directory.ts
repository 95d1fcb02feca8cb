/** Directory entries (kernel ext4.h, struct ext4_dir_entry_2). */
export const directoryEntry = { inode: 0x0, recordLength: 0x4, nameLength: 0x6, fileType: 0x7, name: 0x8 } as const;

export const directoryFileType = {
  unknown: 0,
  file: 1,
  directory: 2,
  character: 3,
  block: 4,
  fifo: 5,
  socket: 6,
  symlink: 7,
  /** Of the pseudo entry that holds a leaf block's checksum. */
  checksum: 0xde,
} as const;

/** Bytes of the pseudo entry at the end of a leaf block that holds its checksum. */
export const directoryTailSize = 12;

export const maxNameLength = 255;

/** The hashed index's root block: fields after the entries `.` and `..` (kernel namei.c, struct dx_root). */
export const indexRoot = {
  hashVersion: 0x1c,
  infoLength: 0x1d,
  indirectLevels: 0x1e,
  entries: 0x20,
} as const;

/** An inner block of the index: one empty entry that spans the block, then entries. */
export const indexNode = { entries: 0x8 } as const;

/** Each entry is hash and block; the first one's hash is limit (u16) and count (u16) instead. */
export const indexEntrySize = 8;

/** Bytes at the end of an index block: reserved (u32) and checksum (u32). */
export const indexTailSize = 8;

/** Levels of inner blocks below the root without the feature largedir. */
export const maxIndexLevels = 1;

/** Bytes of an entry with a name of this length. */
export function directoryRecordLength(nameLength: number): number {
  return (nameLength + 8 + 3) & ~3;
}
