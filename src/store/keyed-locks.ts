import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, sha256 } from '../base/digest.ts';
import { FileLock } from '../base/lock.ts';

export interface KeyedLockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: (holder: string) => void;
}

const fileName = /^[0-9a-f]{32}$/;

/** Locks by name, between processes and within one; their files are there only while they are held. */
export class KeyedLocks {
  readonly #folder: string;
  readonly #holder: string;

  constructor(folder: string, holder: string) {
    this.#folder = folder;
    this.#holder = holder;
  }

  async run<T>(name: string, options: KeyedLockOptions, work: () => Promise<T>): Promise<T> {
    const lock = await FileLock.acquire(this.#path(name), { ...options, holder: this.#holder });
    try {
      return await work();
    } finally {
      await lock.releaseAndRemove();
    }
  }

  async acquire(name: string, options: KeyedLockOptions): Promise<FileLock> {
    return await FileLock.acquire(this.#path(name), { ...options, holder: this.#holder });
  }

  async tryAcquire(name: string): Promise<FileLock | undefined> {
    return await FileLock.tryAcquire(this.#path(name), { holder: this.#holder });
  }

  async isHeld(name: string): Promise<boolean> {
    return await FileLock.isHeld(this.#path(name));
  }

  /** Removes the files of locks whose holders died. */
  async removeFree(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!fileName.test(name)) continue;
      const lock = await FileLock.tryAcquire(join(this.#folder, name));
      await lock?.releaseAndRemove();
    }
  }

  #path(name: string): string {
    return join(this.#folder, hexOf(sha256(name)).slice(0, 32));
  }
}
