import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { makeFolderPath } from '../../base/make-folder.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { mergeFolders } from './merge-folders.ts';

/** What making a folder fails with where a file is on the way to it. */
const noPlace: readonly string[] = ['ENOTDIR', 'EEXIST', 'ENOENT'];

/**
 * A folder for the user, filled under a temporary name where nobody else can write, and then put in its place.
 * Disposing removes what was not put.
 */
export class FreshFolder implements AsyncDisposable {
  /** Where to write. */
  readonly path: string;
  readonly #dest: string;

  private constructor(path: string, dest: string) {
    this.path = path;
    this.#dest = dest;
  }

  /** Beside its place, or, to be merged into a folder that is there, within it: the same file system for certain. */
  static async create(dest: string, purpose: 'replace' | 'merge'): Promise<FreshFolder> {
    const place = resolve(dest);
    const name = `.tmp-${process.pid}-${randomBytes(8).toString('hex')}`;
    try {
      const path = purpose === 'merge' && (await isFolder(place)) ? join(place, name) : join(dirname(place), name);
      await makeFolderPath(dirname(path));
      await mkdir(path, { mode: 0o700 });
      return new FreshFolder(path, place);
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
      const old = `${this.path}-old`;
      await rename(this.#dest, old);
      await rename(this.path, this.#dest);
      await rm(old, { recursive: true, force: true });
    });
  }

  /**
   * Puts it in its place, or its content into the folder that is there: folders are joined, all else replaces what has
   * the same name. Symbolic links that are there are never followed. Throws EXPORT_PLACE.
   */
  async merge(): Promise<void> {
    await this.#guarded(async () => {
      if (dirname(this.path) !== this.#dest && (await this.#takeFreePlace())) return;
      const { atimeMs, mtimeMs } = await stat(this.path);
      await mergeFolders(this.path, this.#dest);
      await rm(this.path, { recursive: true, force: true });
      await utimes(this.#dest, atimeMs / 1000, mtimeMs / 1000);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
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
      throw new FirekilnError('EXPORT_PLACE', `${this.#dest} is there already, and is no folder`);
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

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
