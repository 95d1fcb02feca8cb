import type { ByteString } from '../base/byte-string.ts';
import type { Digest } from '../base/digest.ts';
import type { InodeMeta } from '../formats/tree/entry.ts';

/**
 * A tree of files to copy from: a folder of the host as `.dockerignore` leaves it, or the file system of a stage. Paths
 * are as in {@link LayerEntry.path}; symlinks are not followed here.
 */
export interface FileSource {
  /** For messages: `the build context ./app`, `stage build`. */
  readonly description: string;
  /** The root is the empty path. */
  lookup(path: ByteString): SourceNode | undefined;
  /** Names in a folder, in byte order. */
  names(folder: ByteString): readonly ByteString[];
  /** Whether an ignore file leaves a path out, be it there or not: for hints. */
  leavesOut?(path: ByteString): boolean;
  /** The folder of the host that it is, absolute: for hints. */
  readonly hostFolder?: string;
}

export interface SourceNode extends InodeMeta {
  /** Equal for hard links of one file. */
  readonly identity: number | string;
  readonly links: number;
  /** The data of a file. */
  read(signal?: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** sha256 of the data of a file. */
  digest(signal?: AbortSignal): Promise<Digest>;
}
