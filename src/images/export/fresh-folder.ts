import { chmod, type FileHandle, mkdir, open, readdir, rename, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../../base/make-folder.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { mergeFolders } from './merge-folders.ts';
import { removeTree } from './remove-tree.ts';
import { holdTemporary, lockName, removeDeadTemporaries, replacedName, temporaryNameFor } from './temporary-place.ts';

/** What making a folder fails with where a file is on the way to it. */
const noPlace: readonly string[] = ['ENOTDIR', 'EEXIST', 'ENOENT'];

/**
 * A folder for the user, filled in a temporary one where nobody else can write, and then put in its place. Disposing
 * removes what was not put; if the process dies, the next export to the same place does.
 */
export class FreshFolder implements AsyncDisposable {
  /** Where to write. */
  readonly path: string;
  readonly #temporary: string;
  readonly #lock: FileHandle;
  readonly #dest: string;

  private constructor(temporary: string, lock: FileHandle, dest: string) {
    this.path = join(temporary, 'tree');
    this.#temporary = temporary;
    this.#lock = lock;
    this.#dest = dest;
  }

  /** Beside its place, or, to be merged into a folder that is there, within it: the same file system for certain. */
  static async create(dest: string, purpose: 'replace' | 'merge'): Promise<FreshFolder> {
    const place = resolve(dest);
    try {
      const folder = purpose === 'merge' && (await isFolder(place)) ? place : dirname(place);
      await makeFolderPath(folder);
      // The killed one may have met a place where nothing was.
      for (const it of new Set([folder, dirname(place)])) await removeDeadTemporaries(it, place);
      for (;;) {
        const path = join(folder, temporaryNameFor(place));
        const lock = await makeLocked(path);
        if (lock !== undefined) return new FreshFolder(path, lock, place);
      }
    } catch (error) {
      if (!noPlace.includes(systemCode(error) ?? '')) throw explainSystemError(error, 'creating', place);
      throw new FirekilnError('EXPORT_PLACE', `${place} can not be made: something on the way to it is no folder`, {
        cause: error,
      });
    }
  }

  /**
   * Puts it in its place; what is there must be an empty folder, or have the named file: one of ours. Throws
   * EXPORT_PLACE.
   */
  async replace(marker: string): Promise<void> {
    await this.#guarded(async () => {
      if (await this.#takeFreePlace()) return;
      if (!(await readdir(this.#dest)).includes(marker)) {
        throw new FirekilnError('EXPORT_PLACE', `${this.#dest} is there already and has other things in it`, {
          hint: 'Choose another dest, or remove what is there.',
        });
      }
      await rename(this.#dest, join(this.#temporary, replacedName));
      await rename(this.path, this.#dest);
    });
  }

  /**
   * Puts it in its place, or its content into the folder that is there: folders are joined, all else replaces what has
   * the same name. Symbolic links that are there are never followed. Throws EXPORT_PLACE.
   */
  async merge(): Promise<void> {
    await this.#guarded(async () => {
      if (dirname(this.#temporary) !== this.#dest && (await this.#takeFreePlace())) return;
      const { atimeMs, mtimeMs } = await stat(this.path);
      await mergeFolders(this.path, this.#dest);
      await removeTree(this.#temporary);
      await utimes(this.#dest, atimeMs / 1000, mtimeMs / 1000);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await removeTree(this.#temporary);
    } finally {
      await this.#lock.close();
    }
  }

  /** True if there was nothing, or an empty folder: rename(2) replaces that. */
  async #takeFreePlace(): Promise<boolean> {
    try {
      await chmod(this.path, 0o755);
      await rename(this.path, this.#dest);
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      if (code !== 'ENOTDIR') throw error;
      throw new FirekilnError('EXPORT_PLACE', `${this.#dest} is there already, and is no folder`, {
        hint: 'Choose another dest, or remove what is there.',
      });
    }
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw explainSystemError(error, 'writing', this.#dest);
    }
  }
}

/** The folder, one for what is written in it, and the lock; undefined if somebody has taken it for a dead one. */
async function makeLocked(path: string): Promise<FileHandle | undefined> {
  await mkdir(path, { mode: 0o700 });
  let lock: FileHandle | undefined;
  try {
    lock = await open(join(path, lockName), 'wx', 0o600);
    if (await holdTemporary(lock, join(path, lockName))) {
      await mkdir(join(path, 'tree'), { mode: 0o700 });
      return lock;
    }
    await lock.close();
    return undefined;
  } catch (error) {
    await lock?.close();
    if (lock === undefined && systemCode(error) === 'ENOENT') return undefined;
    await removeTree(path);
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
