/** Extent trees (kernel ext4_extents.h): a header of 12 bytes, then entries of 12 bytes. */
export const extentHeader = { magic: 0x0, entries: 0x2, max: 0x4, depth: 0x6, generation: 0x8 } as const;
export const extentLeaf = { block: 0x0, length: 0x4, startHi: 0x6, startLo: 0x8 } as const;
export const extentIndex = { block: 0x0, leafLo: 0x4, leafHi: 0x8 } as const;

export const extentMagic = 0xf30a;
export const extentEntrySize = 12;

/** Entries that fit into the inode. */
export const extentsInInode = 4;

/** Blocks of one extent; a length above it means: unwritten (reads as zeros), `length - maxExtentLength` blocks. */
export const maxExtentLength = 0x8000;

/** Levels above the leaves that the kernel accepts. */
export const maxExtentDepth = 5;
