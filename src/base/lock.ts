import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tryLock, unlock } from 'fs-native-extensions';
import { delay, throwIfAborted } from './abort.ts';
import { explainSystemError, systemCode } from './system-error.ts';

export interface LockOptions {
  /** Several may hold a shared lock at once; exclusive by default. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called once if the lock is held elsewhere, before waiting; `holder` is what the holder wrote about itself. */
  readonly onWait?: (holder: string) => void;
  /** What the holder says of itself to those who wait, such as `build of app:1 (pid 17)`. */
  readonly holder?: string;
}

/** What locking needs of where the lock's file is: `made` makes missing folders, `there` rejects with ENOENT. */
export interface TryLockOptions extends Omit<LockOptions, 'signal' | 'onWait'> {
  readonly folder?: 'made' | 'there';
}

const firstPauseMs = 5;
const longestPauseMs = 200;

/**
 * An advisory lock on a file, held until disposed; it dies with its process (open file description lock, fcntl(2)
 * F_OFD_SETLK), so a crash leaves nothing to clear. Works between processes and within one.
 */
export class FileLock implements AsyncDisposable {
  readonly #handle: FileHandle;
  #path: string;
  #held = true;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  get path(): string {
    return this.#path;
  }

  /** The lock, or undefined if it is held elsewhere. */
  static async tryAcquire(path: string, options: TryLockOptions = {}): Promise<FileLock | undefined> {
    return await FileLock.#tryOn(await openLockFile(path, options.folder ?? 'made'), path, options);
  }

  static async #tryOn(handle: FileHandle, path: string, options: TryLockOptions): Promise<FileLock | undefined> {
    try {
      if (tryLock(handle.fd, 0, 0, { shared: options.shared ?? false }) && (await isStillNamed(path, handle))) {
        if (options.holder !== undefined && !options.shared) await describeHolder(handle, options.holder);
        return new FileLock(path, handle);
      }
    } catch (error) {
      await handle.close();
      throw explainSystemError(error, 'locking', path);
    }
    await handle.close();
    return undefined;
  }

  /**
   * Whether somebody holds a lock whose file is there only while it is held ({@link releaseAndRemove}). Does not take it,
   * unless its holder was killed; then its file is removed.
   */
  static async isHeld(path: string): Promise<boolean> {
    let handle: FileHandle;
    try {
      handle = await open(path, 'r+');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw explainSystemError(error, 'opening the lock', path);
    }
    const lock = await FileLock.#tryOn(handle, path, {});
    await lock?.releaseAndRemove();
    return lock === undefined;
  }

  /** Waits for the lock. */
  static async acquire(path: string, options: LockOptions = {}): Promise<FileLock> {
    let pause = firstPauseMs;
    let told = false;
    for (;;) {
      throwIfAborted(options.signal, `waiting for the lock ${path}`);
      const lock = await FileLock.tryAcquire(path, options);
      if (lock !== undefined) return lock;
      if (!told) {
        told = true;
        options.onWait?.(await readHolder(path));
      }
      await delay(pause, options.signal);
      pause = Math.min(pause * 2, longestPauseMs);
    }
  }

  /** Waits for the lock for so many milliseconds at most; undefined if somebody else has it for longer. */
  static async acquireWithin(path: string, ms: number): Promise<FileLock | undefined> {
    const late = AbortSignal.timeout(ms);
    try {
      return await FileLock.acquire(path, { signal: late });
    } catch (error) {
      if (late.aborted) return undefined;
      throw error;
    }
  }

  /** For a child process that is to hold the lock too ({@link leave} follows). */
  get descriptor(): number {
    return this.#handle.fd;
  }

  /**
   * Gives the lock's file another name, which nobody must have yet. Those who look there never see it free before it is
   * released, as they might between its making and its locking.
   */
  async moveTo(path: string): Promise<void> {
    try {
      await rename(this.#path, path);
    } catch (error) {
      throw explainSystemError(error, 'making the lock', path);
    }
    this.#path = path;
  }

  /** Ends this process's part in a lock that a child holds by the same descriptor: the lock stays until the child ends. */
  async leave(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#handle.close();
  }

  /** Removes the lock's file while holding it; waiters notice and take a new file. Then releases. */
  async releaseAndRemove(): Promise<void> {
    if (!this.#held) return;
    await rm(this.#path, { force: true });
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    unlock(this.#handle.fd);
    await this.#handle.close();
  }
}

/**
 * Locks an open file until it is closed; at once or not at all. `held`: by somebody else, or the file has lost its name
 * meanwhile. `impossible`: its file system has no locks.
 */
export async function tryLockHandle(handle: FileHandle, path: string): Promise<'locked' | 'held' | 'impossible'> {
  try {
    if (!tryLock(handle.fd, 0, 0)) return 'held';
  } catch {
    return 'impossible';
  }
  return (await isStillNamed(path, handle)) ? 'locked' : 'held';
}

/** Runs `work` under the lock. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await using _lock = await FileLock.acquire(path, options);
  return await work();
}

async function openLockFile(path: string, folder: 'made' | 'there'): Promise<FileHandle> {
  try {
    return await open(path, 'a+', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || folder === 'there') throw explainSystemError(error, 'opening the lock', path);
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'a+', 0o600);
  }
}

/** False if the file was removed or replaced between our open and our lock. */
async function isStillNamed(path: string, handle: FileHandle): Promise<boolean> {
  try {
    const [named, held] = await Promise.all([stat(path, { bigint: true }), handle.stat({ bigint: true })]);
    return named.ino === held.ino && named.dev === held.dev;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A courtesy: that there is no room for it, as on a full disk, must not keep anybody from the lock. */
async function describeHolder(handle: FileHandle, holder: string): Promise<void> {
  try {
    await handle.truncate(0);
    await handle.write(holder);
  } catch {
    // Waiters are told of "another process".
  }
}

async function readHolder(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      return (await handle.readFile('utf8')).slice(0, 200) || 'another process';
    } finally {
      await handle.close();
    }
  } catch {
    return 'another process';
  }
}
