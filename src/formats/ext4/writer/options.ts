import type { Digest } from '../../../base/digest.ts';
import type { RandomAccess } from '../../io/random-access.ts';
import type { TreeEntry } from '../../tree/entry.ts';

/** What an image is made from; a {@link Tree} is one. */
export interface Ext4Source {
  /** Blobs that hold the data of files; `TreeInode.layer` is the index. */
  readonly layers: readonly { readonly data: RandomAccess }[];
  /** About how many entries there are, if that is known; saves memory. */
  readonly entryCount?: number;
  /** The root's entry, then everything else in tree order. Called once. */
  walk(): Iterable<TreeEntry>;
}

/**
 * Where the image goes. The writer calls it with ever higher positions; `data` belongs to the sink until the promise,
 * if it returns one, is settled. A promise lets the next chunk be made while this one is written.
 */
export interface ImageSink {
  write(data: Uint8Array, position: number): void | Promise<void>;
}

export interface Ext4Options {
  /** The UUID and the hash seed are made from it: give what names the content and the options. */
  readonly identity: Digest;
  /** At most 16 bytes of UTF-8. */
  readonly label?: string;
  /** Seconds since the epoch for what has no time in the tree: the superblock, lost+found, the journal; 0 by default. */
  readonly epoch?: number;
  /** A disk that is written to; absent: a read-only image without free space, journal and copies of the superblock. */
  readonly writable?: WritableOptions;
  /** Inodes with the same attributes share an attribute block; true by default. */
  readonly shareXattrBlocks?: boolean;
  /** Compare the counts of what was planned, declared and written before returning; costs a few milliseconds. */
  readonly selfCheck?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface WritableOptions {
  /** Bytes of the whole image; if the tree needs more, EXT4_TOO_SMALL is thrown. */
  readonly size?: number;
  /** Where `size` is absent: bytes to leave free; 0 by default. */
  readonly freeBytes?: number;
  /** Inodes to have in all; at least one for every 16 KiB of the image, and what the tree needs, by default. */
  readonly inodes?: number;
  /** Bytes of the journal; true (default): by the image's size as mke2fs does; false: none. */
  readonly journal?: boolean | number;
  /** Bytes that the mounted disk can grow to without moving anything; 1,024 times its size by default, as mke2fs. */
  readonly growTo?: number;
}

/** What was made. */
export interface Ext4Summary {
  /** Bytes of the image; the sink got no more, but maybe fewer: the caller sets the file's size. */
  readonly size: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly inodes: number;
  readonly freeInodes: number;
  /** Bytes that were given to the sink. */
  readonly written: number;
  /** As text with dashes. */
  readonly uuid: string;
}
