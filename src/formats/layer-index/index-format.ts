import type { Digest } from '../../base/digest.ts';

/** docs/formats/layer-index.md describes the file that these constants belong to. */
export const indexMagic = 'FKLINDEX';
export const indexVersion = 1;
export const headerBytes = 16;
export const footerBytes = 144;

/** A block is closed when it has this many bytes; one entry may make it longer. */
export const blockTargetBytes = 16 * 1024;

/** Low bits of an entry's first byte: what the path is. */
export const entryTag = {
  /** An inode with one name, inline. */
  inode: 0,
  /** A name of an inode with several: its number follows. */
  shared: 1,
  whiteout: 2,
  externalLink: 3,
  opaqueFolder: 4,
} as const;
export const entryTagMask = 0x07;
export const opaqueFlag = 0x08;

/** What the footer says. */
export interface IndexSummary {
  readonly entryCount: number;
  readonly inodeCount: number;
  /** Inodes with several names; their numbers come first. */
  readonly sharedCount: number;
  readonly dataSize: number;
  /** Bytes of the tar. */
  readonly blobSize: number;
  readonly diffId: Digest;
}

/** Where the parts of the file lie; all in bytes. */
export interface IndexLayout {
  readonly entriesStart: number;
  readonly tableStart: number;
  readonly tableEnd: number;
  readonly sharedBlocks: number;
  readonly entryBlocks: number;
  readonly tableCrc: number;
}
