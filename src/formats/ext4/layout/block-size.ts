/** In bytes; the only block size that Firekiln writes. */
export const blockSize = 4096;

/** As many as a bitmap of one block counts. */
export const blocksPerGroup = 8 * blockSize;
