import type { Writable } from 'node:stream';
import type { Emitter } from '../../base/events.ts';
import type { StoredImage } from '../image.ts';

/** The values of `-o type=..`. `runtime/` makes what Firecracker boots from. */
export type ExportType = 'ext4' | 'tar' | 'oci' | 'docker' | 'dir' | 'local';

export interface ExportRequest {
  readonly type: ExportType;
  /** A path of the host; `-` for {@link output}, where an archive is written. */
  readonly dest: string;
  readonly image: StoredImage;
  /** Names that an `oci` or `docker` export gives the image; the image's own by default. */
  readonly tags?: readonly string[] | undefined;
  /** Of `ext4`: bytes of the whole image. Throws EXT4_TOO_SMALL if the files need more. */
  readonly size?: number | undefined;
  /** Of `firecracker`, and of `ext4` where `size` is absent: bytes to leave free; {@link defaultFreeBytes}. They take no room on the host. */
  readonly freeBytes?: number | undefined;
  /** Seconds since the epoch: later times become this one, and layers are written uncompressed. */
  readonly sourceDateEpoch?: number | undefined;
  readonly output?: Writable | undefined;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

export const defaultFreeBytes = 1 << 30;

/** What `-o` asks for; where `-` leads is known later. */
export type OutputRequest = Omit<ExportRequest, 'output' | 'type'> & { readonly type: ExportType | 'firecracker' };
