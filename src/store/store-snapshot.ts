import type { Digest } from '../base/digest.ts';

/** What lies in a store at one moment, as far as gc and usage look at it. */
export interface StoreSnapshot {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Bytes on disk of each blob, with its sums and its index. */
  readonly blobs: ReadonlyMap<Digest, number>;
  readonly records: readonly SnapshotRecord[];
  /** Blobs and keys of artifacts that live leases protect. */
  readonly holds: ReadonlySet<Digest>;
  readonly strays: readonly Stray[];
  /** The database and what belongs to it. */
  readonly recordBytes: number;
}

/** How a record takes part: what it keeps alive, and what lets it go. */
export type RecordRole =
  /** An image, cache record or pin: keeps what it refers to. */
  | 'root'
  /** An artifact: goes when something that it was made from goes. */
  | 'derived'
  /** A cache mount: stands for itself. */
  | 'mount';

export interface SnapshotRecord {
  readonly role: RecordRole;
  /** The kind of the row in the database. */
  readonly kind: string;
  readonly key: string;
  /** As in filters: `image`, `cache`, `pin`, `cachemount`, or the kind of artifact. */
  readonly type: string;
  readonly label: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly refs: readonly Digest[];
  /** Of an image. */
  readonly manifest?: Digest;
  /** On disk, of the file that the record itself stands for; 0 for roots. */
  readonly bytes: number;
  readonly usedAt: number;
  readonly useSeq: number;
  /** The row can't be read, or the file that it stands for is not there. */
  readonly damaged: boolean;
  /** Locked by somebody. */
  readonly busy: boolean;
}

/** A file of ours that no record accounts for. */
export interface Stray {
  /** `blob` for sums and indexes without a blob, `temporary`, or a kind of artifact. */
  readonly type: string;
  readonly path: string;
  readonly bytes: number;
  /** That it is named for. */
  readonly digest?: Digest;
  /** `live`: of a living process; counted, never removed. */
  readonly reason: 'unreferenced' | 'abandoned' | 'damaged' | 'live';
}
