import type { Readable } from 'node:stream';
import type { GitReference } from '../formats/locator/git-reference.ts';
import type { FileSource } from '../source/file-source.ts';
import type { PathFilter } from '../source/path-filter.ts';

/** How a build reads what lies outside the store; `app/` makes it of the adapters below `source/`. */
export interface SourceOpener {
  folder(options: FolderOptions): FileSource;
  /** A commit as files of the host; removed when disposed. */
  git(reference: GitReference, signal: AbortSignal): Promise<CheckedOut>;
  /** The body of a URL; to be read once. Throws URL_FAILED. */
  http(url: string, signal: AbortSignal): Promise<{ readonly body: Readable; readonly url: string }>;
}

export interface FolderOptions {
  /** Absolute. */
  readonly root: string;
  readonly description: string;
  readonly ignore?: PathFilter | undefined;
  /** Modes as git knows them, and this time for all files; seconds since the epoch. */
  readonly normalMtimeSec?: number;
}

export interface CheckedOut extends AsyncDisposable {
  readonly folder: string;
  readonly commit: string;
  /** Seconds since the epoch. */
  readonly time: number;
}
