import type { ByteString } from '../../../base/byte-string.ts';
import type { RandomAccess } from '../../io/random-access.ts';
import type { DataExtent } from '../../tree/entry.ts';
import type { DirectoryEntry } from './directory.ts';
import type { Ext4Inode } from './inode.ts';

/**
 * An ext4 image that can be read. Nothing in the image is trusted: every method throws EXT4_CORRUPT, EXT4_CHECKSUM,
 * EXT4_UNSUPPORTED or EXT4_TOO_COMPLEX with the place, whatever the image holds, and what the methods do in sum is bounded
 * by the size of the image (EXT4_TOO_COMPLEX): open it again rather than use it for hours.
 */
export interface Ext4FileSystem {
  /** The image with the journal's changes: what {@link Ext4FileSystem.dataExtents} refers to. */
  readonly image: RandomAccess;
  readonly state: Ext4State;
  readonly root: number;
  /** Of a number that a directory entry or {@link Ext4FileSystem.lookup} gave. */
  inode(number: number): Ext4Inode;
  /** In byte order of the names, without `.` and `..`. */
  readdir(directory: Ext4Inode): readonly DirectoryEntry[];
  /** The number of the inode at a path without a slash at either end; symlinks are not followed. */
  lookup(path: ByteString): number | undefined;
  /** Of a symlink. */
  linkTarget(symlink: Ext4Inode): ByteString;
  /** Full names; values as getxattr(2) gives them. */
  xattrs(inode: Ext4Inode): ReadonlyMap<ByteString, Uint8Array>;
  /** Where a file's data lie in {@link Ext4FileSystem.image}; what no extent covers reads as zeros. */
  dataExtents(file: Ext4Inode): IterableIterator<DataExtent>;
}

/** What the reader found out about the image as a whole. */
export interface Ext4State {
  /** Transactions that were in the journal but not yet in their places; 0 after a clean unmount. */
  readonly replayedTransactions: number;
  /** Files lost their last name while they were open, and the kernel did not come to free them. Harmless to readers. */
  readonly hasOrphans: boolean;
}
