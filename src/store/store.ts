import type { Digest } from '../base/digest.ts';
import type { RandomAccess } from '../formats/io/random-access.ts';
import type { LayerContent } from '../formats/tree/tree.ts';

/**
 * What is kept on disk below the data dir: content by digest, layers, segments, cache records, image records. Anything
 * that was committed survives `kill -9` and is found again; anything that was not is invisible and is reclaimed by gc.
 * Several processes may use one store at once.
 */
export interface Store extends AsyncDisposable {
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly cache: CacheRecords;
  readonly artifacts: ArtifactStore;
  readonly images: ImageRecords;
  /**
   * Opens a lease: whatever is put, opened or looked up through the store afterwards within this process under the
   * lease is not removed by any gc until the lease is disposed or its process dies.
   */
  lease(purpose: string): Promise<Lease>;
}

export interface Lease extends AsyncDisposable {
  /** Protects a digest; idempotent. */
  hold(digest: Digest): Promise<void>;
}

export interface PutOptions {
  /** What the bytes must have; a mismatch throws DIGEST_MISMATCH and stores nothing. */
  readonly expected?: Digest;
  /** In bytes; a mismatch throws SIZE_MISMATCH, as soon as it is exceeded. */
  readonly expectedSize?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface BlobInfo {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** An open blob. Each read is checked against sums taken when the blob was put; damage throws BLOB_CORRUPT. */
export interface BlobReader extends RandomAccess, Disposable {
  readonly digest: Digest;
  /** The file itself, for a VMM or a tool that needs a path. It is never written again. */
  readonly path: string;
}

/** Blobs by sha256. */
export interface ContentStore {
  /** Resolves when the content is stored under its digest, flushed. Nothing of it is visible before. */
  put(data: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<BlobInfo>;
  has(digest: Digest): Promise<BlobInfo | undefined>;
  /** Throws BLOB_MISSING. */
  open(digest: Digest): Promise<BlobReader>;
  /** All bytes of a small blob, the whole digest verified. Throws LIMIT_EXCEEDED above `maxBytes`. */
  readAll(digest: Digest, maxBytes: number): Promise<Buffer>;
  /** In 1 MiB chunks at most. */
  stream(digest: Digest, options?: { signal?: AbortSignal }): AsyncIterable<Uint8Array>;
  /** Reads everything and compares the whole digest; throws BLOB_CORRUPT. */
  verify(digest: Digest): Promise<void>;
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
   * Stores an uncompressed layer tar and indexes it in the same pass. Two who put the same layer at once share the
   * result. A tar that is no legal layer throws TAR_INVALID, naming entry and offset.
   */
  put(tar: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<LayerInfo>;
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
  get(key: Digest): Promise<CacheRecord | undefined>;
  put(
    key: Digest,
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
   * another process, share one making. `make` writes the file at the path it is given; it is flushed and renamed
   * afterwards, so that an artifact is whole or absent.
   */
  ensure(
    kind: string,
    key: Digest,
    make: (path: string, signal: AbortSignal | undefined) => Promise<void>,
    options?: { readonly signal?: AbortSignal | undefined; readonly refs?: readonly Digest[] },
  ): Promise<string>;
  find(kind: string, key: Digest): Promise<string | undefined>;
}

/** Names of images. The record of an image is its OCI manifest, a blob of the content store. */
export interface ImageRecords {
  /** Points names to a manifest, all of them in one atomic step; what they pointed to before stays until gc. */
  tag(names: readonly string[], image: ImageRecordInput): Promise<void>;
  resolve(name: string): Promise<ImageRecord | undefined>;
  /** Removes the name; true if there was one. */
  untag(name: string): Promise<boolean>;
  list(): Promise<readonly ImageRecord[]>;
}

export interface ImageRecordInput {
  /** Digest of the manifest. */
  readonly manifest: Digest;
  /** Everything the image needs, beside the manifest: config, layers (diffIDs), metadata. */
  readonly refs: readonly Digest[];
  /** The blob with what Firekiln knows of the image beside the manifest; also one of `refs`. */
  readonly metadata?: Digest;
}

export interface ImageRecord extends ImageRecordInput {
  /** Canonical: `docker.io/library/name:tag`; `sha256:...`, the digest of its config, for an image without a name. */
  readonly name: string;
  readonly createdAt: number;
}
