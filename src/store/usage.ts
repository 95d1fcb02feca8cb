import type { Digest } from '../base/digest.ts';

/** Where the store's bytes are. All sizes are bytes on disk: holes of sparse files don't count. */
export interface StoreUsage {
  readonly images: readonly ImageUsage[];
  /**
   * By type, in order of the names: `image`, `pin`, `cache`, `cachemount`, `segment` and other kinds of artifacts, `blob`
   * (what nothing refers to, or only a lease), `temporary`, `records`. What several types refer to counts for the first
   * of image, pin and cache, so that the bytes add up to the total.
   */
  readonly types: readonly TypeUsage[];
  readonly totalBytes: number;
}

export interface ImageUsage {
  readonly name: string;
  readonly manifest: Digest;
  /** Everything the image refers to, and the segments made from its layers. */
  readonly bytes: number;
  /** The part of it that other images (other manifests) refer to as well. */
  readonly sharedBytes: number;
  /** `bytes` without `sharedBytes`: what goes with the image unless the build cache still refers to it. */
  readonly ownBytes: number;
}

export interface TypeUsage {
  readonly type: string;
  readonly count: number;
  readonly bytes: number;
  /** The part that a gc of this type alone would free now. */
  readonly reclaimableBytes: number;
}
