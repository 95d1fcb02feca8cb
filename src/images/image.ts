import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { ContainerConfig, HistoryEntry, ImageConfigFile, ImageManifest, Platform } from '../formats/oci/image.ts';

/** An image of the store. */
export interface StoredImage {
  /** Canonical name, or the digest of the config for an image without a name. */
  readonly name: string;
  readonly manifestDigest: Digest;
  readonly manifest: ImageManifest;
  /** The digest of the config: the image's id. */
  readonly id: Digest;
  readonly config: ImageConfigFile;
  /** From the bottom up. */
  readonly layers: readonly Digest[];
  readonly metadata: ImageMetadata | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What Firekiln knows of an image beside its OCI config; `metadata.json`. */
export interface ImageMetadata {
  readonly version: 1;
  readonly tags: readonly string[];
  /** Where the build came from: locator, commit, bases with digests. */
  readonly provenance: {
    readonly dockerfile: string;
    readonly context?: string;
    readonly commit?: string;
    readonly target?: string;
    readonly bases: readonly {
      readonly name: string;
      readonly origin: string;
      readonly location: string;
      readonly digest: Digest;
    }[];
  };
  readonly firekiln: string;
}

export interface ImageCommit {
  readonly platform: Platform;
  readonly author?: string | undefined;
  readonly config: ContainerConfig;
  /** Layers that it has no entry for are given one; entries without a time are given one as BuildKit does. */
  readonly history: readonly HistoryEntry[];
  /** DiffIDs from the bottom up; as many as history entries that are not empty_layer. */
  readonly layers: readonly Digest[];
  /** When each layer was made, in milliseconds since the epoch, 0 for unknown: for history entries without a time. */
  readonly layerTimes?: readonly number[] | undefined;
  /** What made each layer: for those that the history has no entry for. */
  readonly layerNames?: readonly string[] | undefined;
  /** RFC 3339; the config's `created`. The time of the last history entry by default. */
  readonly created?: string | undefined;
  /** Canonical names; may be empty. */
  readonly tags: readonly string[];
  readonly metadata: ImageMetadata;
}

/** A read-only ext4 image of the layers `from` to `to - 1` of a chain. */
export interface Segment {
  readonly key: Digest;
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface SegmentsOptions {
  /** At most so many segments; the lowest layers are joined first, for they change least. */
  readonly maxSegments: number;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}
