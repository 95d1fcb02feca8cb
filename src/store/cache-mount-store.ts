/**
 * The ext4 images behind `RUN --mount=type=cache`. They persist between builds and are shown by
 * `inspect --cache-mounts`.
 */
export interface CacheMountStore {
  /**
   * Locks the mount for one user, waiting while another has it, and makes its image if there is none. The lock dies
   * with the process.
   *
   * @param id What identifies the mount: any text.
   */
  acquire(id: string, options: AcquireCacheMount): Promise<CacheMountUse>;
  /** In order of the ids. */
  list(): Promise<readonly CacheMountInfo[]>;
  /** True if there was one; throws STORE_BUSY while it is in use. */
  remove(id: string): Promise<boolean>;
}

export interface AcquireCacheMount {
  /** Writes an empty ext4 image. */
  readonly make: (path: string, signal: AbortSignal | undefined) => Promise<void>;
  /**
   * `locked` waits for the one image of this id; `private` takes the first image of this id that is free, making one
   * more if all are in use (Dockerfile reference, RUN --mount=type=cache).
   */
  readonly sharing: 'locked' | 'private';
  /** For people, in lists: the target path of the mount. */
  readonly label?: string;
  /** For people, in lists: the build that uses it. */
  readonly user?: string;
  /** Told once if another process has it. */
  readonly onWait?: (holder: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface CacheMountUse extends AsyncDisposable {
  readonly path: string;
  /** False if its last user died with it in use: its journal may need a replay, its content may be torn. */
  readonly clean: boolean;
}

export interface CacheMountInfo {
  readonly id: string;
  readonly label: string;
  /** Who used it last, or has it now; empty if that is not known. */
  readonly usedBy: string;
  readonly path: string;
  /** Bytes on disk: holes don't count. */
  readonly diskBytes: number;
  readonly inUse: boolean;
  readonly createdAt: number;
  readonly usedAt: number;
}
