import { goodOldInodeSize } from '../layout/inode.ts';

/** In bytes. */
export const inodeSize = 256;

/** Bytes of the fields behind the first 128: up to the project id. */
export const extraInodeSize = 32;

/** Where the attributes in an inode start: at their magic number. */
export const inodeXattrOffset = goodOldInodeSize + extraInodeSize;

/** Bytes for attributes in an inode: without the magic number and the four zeros at the end. */
export const inodeXattrSpace = inodeSize - inodeXattrOffset - 8;
