import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolderPath } from './make-folder.ts';
import { explainSystemError } from './system-error.ts';

export interface AtomicWriteOptions {
  /** Permission bits of the file; 0o644 by default, lowered by the umask. */
  readonly mode?: number;
  /** Where the temporary file is made; must be on the file system of the target. The target's folder by default. */
  readonly temporaryFolder?: string;
  /** Another name for it. */
  readonly temporaryName?: string;
}

/**
 * A file that appears under its name whole or not at all: written under a temporary name, flushed, renamed, and its
 * folder flushed. After a crash only the temporary file is left; names start with `.tmp-`, so that gc knows them.
 */
export class AtomicFile implements AsyncDisposable {
  readonly handle: FileHandle;
  readonly temporaryPath: string;
  readonly #target: string;
  #open = true;

  private constructor(handle: FileHandle, temporaryPath: string, target: string) {
    this.handle = handle;
    this.temporaryPath = temporaryPath;
    this.#target = target;
  }

  static async create(target: string, options: AtomicWriteOptions = {}): Promise<AtomicFile> {
    const folder = options.temporaryFolder ?? dirname(target);
    const name = options.temporaryName ?? `.tmp-${process.pid}-${randomBytes(8).toString('hex')}`;
    const path = join(folder, name);
    try {
      await makeFolderPath(folder);
      return new AtomicFile(await open(path, 'wx+', options.mode ?? 0o644), path, target);
    } catch (error) {
      throw explainSystemError(error, 'creating', target);
    }
  }

  /** Publishes the file. A file of that name is replaced. */
  async commit(target: string = this.#target): Promise<void> {
    try {
      await this.handle.sync();
      await makeFolderPath(dirname(target));
      await rename(this.temporaryPath, target);
      this.#open = false;
      // Not before: a lock on it ends with that.
      await this.handle.close();
      await syncFolder(dirname(target));
    } catch (error) {
      throw explainSystemError(error, 'writing', target);
    }
  }

  /** Drops the file unless it was committed; safe twice. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.handle.close().catch(() => {});
    await rm(this.temporaryPath, { force: true });
  }
}

export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  await using file = await AtomicFile.create(path, options);
  try {
    await file.handle.writeFile(data);
  } catch (error) {
    throw explainSystemError(error, 'writing', path);
  }
  await file.commit();
}

/** Makes renames and removals in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
