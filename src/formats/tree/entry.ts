import type { ByteString } from '../../base/byte-string.ts';

export type FileKind = 'directory' | 'file' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';

/** What an inode says beside its data. */
export interface InodeMeta {
  readonly kind: FileKind;
  /** Permission, setuid, setgid and sticky bits: 0 to 0o7777. */
  readonly mode: number;
  /** 0 to 2^32-1. */
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since the epoch, negative before 1970. */
  readonly mtimeSec: number;
  /** 0 to 999,999,999. */
  readonly mtimeNsec: number;
  /** Bytes of a file; 0 for every other kind. */
  readonly size: number;
  /** Of a symlink: its target, as it is stored. */
  readonly linkTarget?: ByteString;
  /** Of a character or block device. */
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
  /** Full names with their namespace, such as `security.capability`. Absent if there are none. */
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
}

/** A stretch of a file's data that lies in one piece in a blob. What no stretch covers is a hole and reads as zeros. */
export interface DataExtent {
  /** Position in the file, in bytes. */
  readonly fileOffset: number;
  readonly length: number;
  /** Position in the blob, in bytes. */
  readonly blobOffset: number;
}

/**
 * One path of a layer. Entries of a layer come in *tree order*: a folder before what is in it, names of a folder in
 * byte order of their components (see {@link compareTreeOrder}); each path once, the last word of the tar counts.
 */
export interface LayerEntry {
  /** Without a slash at either end; empty for the root folder. Never has `.`, `..` or empty components. */
  readonly path: ByteString;
  readonly what:
    | { readonly type: 'inode'; readonly inode: LayerInode; readonly opaque: boolean }
    /** Hides the path of the layers below (OCI image spec, layer.md#whiteouts). */
    | { readonly type: 'whiteout' }
    /** The layer empties a folder of the layers below and says nothing else of it: its metadata is theirs. */
    | { readonly type: 'opaque-folder' }
    /** A hard link to a path that this layer does not hold. */
    | { readonly type: 'external-link'; readonly target: ByteString };
}

/** An inode of a layer; entries with the same `number` are hard links of one another. */
export interface LayerInode extends InodeMeta {
  /** Unique within the layer. */
  readonly number: number;
  /** Names within the layer. */
  readonly links: number;
  /** Of a file, in order of fileOffset; into the layer's tar. */
  readonly data: readonly DataExtent[];
}

/** One path of a merged tree. */
export interface TreeEntry {
  readonly path: ByteString;
  readonly inode: TreeInode;
}

/** An inode of a merged tree. */
export interface TreeInode extends InodeMeta {
  /** Unique within the tree: entries with the same key are hard links of one another. */
  readonly key: number;
  /** Which of the tree's layers holds the data; index into {@link Tree.layers}. */
  readonly layer: number;
  readonly data: readonly DataExtent[];
}
