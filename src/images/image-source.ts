import type { Digest } from '../base/digest.ts';
import type { Emitter } from '../base/events.ts';
import type { ImageConfigFile, Platform } from '../formats/oci/image.ts';

/**
 * A place where `FROM`, `COPY --from` and `run` find images: the image store, a registry, an OCI layout or archive, the
 * base store. `resolve` reads no more than manifests and config; `layers` brings the layers into the store.
 */
export interface ImageSource {
  /** For messages, such as `registry docker.io` or `base store at /srv/rootfs`. */
  readonly description: string;
  /** Undefined if the image is not here; throws if the place can't be asked. */
  resolve(name: string, options: ResolveOptions): Promise<ResolvedImage | undefined>;
}

export interface ResolveOptions {
  readonly platform: Platform;
  /** Ask the place again even if a copy is known. */
  readonly fresh: boolean;
  /**
   * Nobody may ask for the layers: a disk is not read for the digests of manifest and layer, they stand for its file as
   * it is (path, inode, size, times).
   */
  readonly leaveUnread?: boolean;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedImage {
  /** As canonical as the source can give it: `docker.io/library/alpine:3.20`. */
  readonly name: string;
  readonly origin: 'image-store' | 'registry' | 'oci-layout' | 'archive' | 'base-store';
  /** Where exactly: a URL or a path; for the log and the provenance. */
  readonly location: string;
  readonly manifestDigest: Digest;
  readonly config: ImageConfigFile;
  /**
   * Brings every layer into the store (verified: compressed digest, diffID, sizes) and returns the diffIDs from the
   * bottom up. Cheap if they are there.
   */
  layers(options: {
    readonly node: string;
    readonly emitter: Emitter;
    readonly signal?: AbortSignal | undefined;
  }): Promise<readonly Digest[]>;
}
