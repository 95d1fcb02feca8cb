import type { Digest } from '../base/digest.ts';
import type { RandomAccess } from '../formats/io/random-access.ts';
import type { LayerContent } from '../formats/tree/tree.ts';
import type { CacheMountStore } from './cache-mount-store.ts';
import type { GcPolicy, GcReport } from './gc-policy.ts';
import type { StoreUsage } from './usage.ts';

/**
 * What is kept on disk below the data dir: content by digest, layers, segments, cache records, image records. Anything
 * that was committed survives `kill -9` and is found again; anything that was not is invisible and is reclaimed by gc.
 * Several processes may use one store at once.
 */
export interface Store extends AsyncDisposable {
  /** The folder that everything lies in. */
  readonly root: string;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly cache: CacheRecords;
  readonly artifacts: ArtifactStore;
  readonly cacheMounts: CacheMountStore;
  readonly images: ImageRecords;
  readonly pins: PinRecords;
  /**
   * Opens a lease. As long as it is open, whatever is put, made, opened or looked up through this Store object (also
   * by other parts of the process) is removed by no gc of any process. Leases die with their process. Without an open
   * lease, what is put or made is protected until the Store is closed, and what is only looked up is not.
   */
  lease(purpose: string): Promise<Lease>;
  /** A lock by name between all who use the store; it dies with its process. `onWait` learns who has it. */
  exclusive(
    name: string,
    options: { readonly signal?: AbortSignal | undefined; readonly onWait?: (holder: string) => void },
  ): Promise<AsyncDisposable>;
  /** A folder of one's own on the store's file system, removed when disposed, or by gc if the process dies before. */
  temporaryFolder(): Promise<TemporaryFolder>;
  /**
   * Removes what nothing refers to, and what the policy asks for; safe beside builds of this and other processes.
   * One gc runs at a time: a second one waits.
   */
  gc(policy?: GcPolicy): Promise<GcReport>;
  usage(): Promise<StoreUsage>;
}

export interface Lease extends AsyncDisposable {
  /** Protects a blob, a layer, or an artifact by its key; idempotent. Holding what is not there yet is legal. */
  hold(...digests: readonly Digest[]): Promise<void>;
}

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

export interface PutOptions {
  /** What the bytes must have; a mismatch throws DIGEST_MISMATCH and stores nothing. */
  readonly expected?: Digest;
  /** In bytes; a mismatch throws SIZE_MISMATCH, as soon as it is exceeded. */
  readonly expectedSize?: number;
  /** Where the bytes come from, for messages: a URL or a path. */
  readonly from?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/**
 * An open blob. Each read is checked against sums taken when the blob was put; damage throws BLOB_CORRUPT and sets the
 * blob aside, so that it counts as missing and the next put of it heals the store.
 */
export interface BlobReader extends RandomAccess, Disposable {
  readonly digest: Digest;
  /** The file itself, for a VMM or a tool that needs a path. It is never written again. */
  readonly path: string;
}

/** Blobs by sha256. */
export interface ContentStore {
  /**
   * Resolves when the content is stored under its digest, flushed. Nothing of it is visible before. What is there
   * already is replaced, so putting a damaged blob again heals it. The chunks may be reused by their producer.
   */
  put(data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: PutOptions): Promise<BlobInfo>;
  has(digest: Digest): Promise<BlobInfo | undefined>;
  /** Throws BLOB_MISSING, or BLOB_CORRUPT if it was found damaged before. */
  open(digest: Digest): Promise<BlobReader>;
  /** All bytes of a small blob, the whole digest verified. Throws LIMIT_EXCEEDED above `maxBytes`. */
  readAll(digest: Digest, maxBytes: number): Promise<Buffer>;
  /** In 1 MiB chunks at most. */
  stream(digest: Digest, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array>;
  /** Reads everything and compares the whole digest; throws BLOB_CORRUPT. */
  verify(digest: Digest, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** In order of the digests. */
  list(): Promise<readonly BlobInfo[]>;
}

/** A layer in the store. Keep it open as long as trees use it. */
export interface StoredLayer extends LayerContent, Disposable {
  /** Digest of the uncompressed tar: the `diff_ids` entry of the OCI image config. */
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

export interface LayerStore {
  /**
   * Stores an uncompressed layer tar and indexes it in the same pass. With `expected`, two who put the same layer at
   * once (also in two processes) share the work: the second waits before it asks `tar` for its first chunk, and takes
   * nothing from it if the first succeeds. A tar that is no legal layer throws TAR_INVALID, naming entry and offset.
   */
  put(tar: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: PutOptions): Promise<LayerInfo>;
  has(diffId: Digest): Promise<LayerInfo | undefined>;
  /** Throws BLOB_MISSING. A damaged index is made again from the tar. */
  open(diffId: Digest): Promise<StoredLayer>;
}

export interface LayerInfo {
  readonly diffId: Digest;
  readonly size: number;
  readonly entryCount: number;
}

/** Results of graph nodes by cache key. The value is small JSON; `refs` are what gc must keep while the record lives. */
export interface CacheRecords {
  /** Undefined also if something that the record refers to is missing or was found damaged. */
  get(key: Digest): Promise<CacheRecord | undefined>;
  /**
   * Under one key, or under several in one transaction. Throws BLOB_MISSING if one of the refs is not in the store,
   * LIMIT_EXCEEDED if the value is above 1 MiB of JSON.
   */
  put(
    keys: Digest | readonly Digest[],
    record: { readonly value: unknown; readonly refs: readonly Digest[]; readonly label: string },
  ): Promise<void>;
  /** The newest record whose label is the given one; lets `--explain` say which input changed. */
  latestWithLabel(label: string): Promise<CacheRecord | undefined>;
  delete(key: Digest): Promise<void>;
}

export interface CacheRecord {
  readonly key: Digest;
  readonly value: unknown;
  readonly refs: readonly Digest[];
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly usedAt: number;
}

/**
 * Files made from layers that can always be made again: segments, appliances, kernels. Kept by the digest of their
 * *inputs*.
 */
export interface ArtifactStore {
  /**
   * The path of the artifact; made by `make` if it is not there. Two who ask for the same key at once, in this or
   * another process, share one making; it is aborted when all who wait for it have given up. `make` writes a file, or
   * a folder of files, at the path it is given; it is renamed afterwards, so that an artifact is whole or absent.
   *
   * @param kind Lower-case word such as `segment`; also its type in gc filters.
   * @param options.refs The layers it is made from: an artifact goes when one of them has gone from the store.
   * @param options.label For people, in lists.
   */
  ensure(
    kind: string,
    key: Digest,
    make: (path: string, signal: AbortSignal) => Promise<void>,
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly refs?: readonly Digest[];
      readonly label?: string;
    },
  ): Promise<string>;
  find(kind: string, key: Digest): Promise<string | undefined>;
  /** Of one kind, or all, in order of kind and key. */
  list(kind?: string): Promise<readonly ArtifactInfo[]>;
  /** True if there was one. What a lease holds is not removed and throws STORE_BUSY. */
  remove(kind: string, key: Digest): Promise<boolean>;
}

export interface ArtifactInfo {
  readonly kind: string;
  readonly key: Digest;
  readonly label: string;
  readonly path: string;
  /** Bytes on disk: holes don't count. */
  readonly diskBytes: number;
  readonly refs: readonly Digest[];
  readonly createdAt: number;
  readonly usedAt: number;
}

/** Names of images. The record of an image is its OCI manifest, a blob of the content store. */
export interface ImageRecords {
  /**
   * Points names to a manifest, all of them in one atomic step; what they pointed to before stays until gc.
   * Throws BLOB_MISSING if the manifest or one of the refs is not in the store.
   */
  tag(names: readonly string[], image: ImageRecordInput): Promise<void>;
  resolve(name: string): Promise<ImageRecord | undefined>;
  /** Removes the name; true if there was one. */
  untag(name: string): Promise<boolean>;
  /** In order of the names. */
  list(): Promise<readonly ImageRecord[]>;
}

export interface ImageRecordInput {
  /** Digest of the manifest. */
  readonly manifest: Digest;
  /** Everything the image needs, beside the manifest: config, layers (diffIDs), metadata. */
  readonly refs: readonly Digest[];
  /** The blob with what Firekiln knows of the image beside the manifest; also one of `refs`. */
  readonly metadata?: Digest;
  /** Of the image's config, for `--filter label=..` of gc. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ImageRecord extends ImageRecordInput {
  /** Canonical: `docker.io/library/name:tag`; `sha256:...`, the digest of its config, for an image without a name. */
  readonly name: string;
  readonly createdAt: number;
}

/** Named durable roots for gc, for what outlives processes without being an image: a stopped VM, the set-up kernel. */
export interface PinRecords {
  /** Sets what the name protects, blobs and artifacts alike; replaces what it protected before. */
  set(name: string, refs: readonly Digest[]): Promise<void>;
  /** True if there was one. */
  remove(name: string): Promise<boolean>;
  list(): Promise<readonly { readonly name: string; readonly refs: readonly Digest[] }[]>;
}
