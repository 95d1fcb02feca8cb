/*
 * Ceilings on what a hostile image can make the reader do. What a Linux kernel writes stays far below each of them.
 */

/** Names in one directory: they are held in memory to be sorted. */
export const maxDirectoryEntries = 4_000_000;

/** Bytes of a path from the image's root: four times PATH_MAX, which only relative calls can exceed. */
export const maxPathBytes = 16_384;

/** Bytes of all extended attribute values of one inode; one value has at most 64 KiB. */
export const maxXattrBytes = 1 << 20;

/** Bytes of metadata blocks that are kept in memory. */
export const blockCacheBytes = 16 << 20;

/**
 * Units of work for each block and each inode of the image: a unit is a metadata block, an extent, a name or an
 * attribute that is looked at. A full walk that reads everything takes less than three.
 */
export const workPerBlock = 32;

/** Units of work that every image may take, however small it is. */
export const baseWork = 1_000_000;
