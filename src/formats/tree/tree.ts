import type { ByteString } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { LayerEntry, TreeEntry } from './entry.ts';
import type { Candidate } from './outcome.ts';

/** The entries of one layer, read from its index. */
export interface LayerIndex {
  /** Of a layer that is stored: indexes with the same one say the same. */
  readonly diffId?: Digest;
  readonly entryCount: number;
  /** Numbers of the layer's inodes are below this. */
  readonly inodeCount: number;
  /** The sum of the sizes of the layer's files, hard links counted once. */
  readonly dataSize: number;
  lookup(path: ByteString): LayerEntry | undefined;
  /** As {@link lookup}; and whether the layer has something in the path, though no entry for itself. */
  candidate(path: ByteString): Candidate;
  /** In tree order, from the first entry that is not before `from` on. */
  entries(from?: ByteString): IterableIterator<LayerEntry>;
}

/** A layer as trees use it: its index and its uncompressed tar. */
export interface LayerContent {
  readonly index: LayerIndex;
  readonly data: RandomAccess;
}

/**
 * A complete file system: what a chain of layers gives when each is laid over the ones before. The root folder is
 * always there (mode 0755, owner 0:0, time 0 if no layer says otherwise). Folders that a layer's tar implies but does
 * not hold exist with the metadata of the chain below, else 0755, 0:0 and time 0.
 */
export interface Tree {
  readonly layers: readonly LayerContent[];
  lookup(path: ByteString): TreeEntry | undefined;
  /** The folder's own entry, then everything in it, in tree order; the whole tree by default. Streams. */
  walk(folder?: ByteString): IterableIterator<TreeEntry>;
  /** What lies directly in a folder, in byte order of the names. */
  children(folder: ByteString): IterableIterator<TreeEntry>;
}
