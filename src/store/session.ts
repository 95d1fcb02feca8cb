import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileLock } from '../base/lock.ts';
import { explainSystemError } from '../base/system-error.ts';
import type { StoreDatabase } from './database.ts';
import type { StoreLayout } from './layout.ts';

const lockSuffix = '.lock';
const sessionName = /^[0-9a-f]{24}$/;

/**
 * One user of a store: an open Store object that leases or writes. It owns a locked file, a folder for what is not
 * finished, and the rows of its leases. The lock dies with the process; then all three are reclaimed by gc.
 */
export class Session implements AsyncDisposable {
  readonly id: string;
  /** For files that are renamed into their places later. */
  readonly folder: string;
  readonly #lock: FileLock;
  readonly #database: StoreDatabase;

  private constructor(id: string, folder: string, lock: FileLock, database: StoreDatabase) {
    this.id = id;
    this.folder = folder;
    this.#lock = lock;
    this.#database = database;
  }

  static async start(layout: StoreLayout, database: StoreDatabase, holder: string): Promise<Session> {
    const id = randomBytes(12).toString('hex');
    const folder = join(layout.sessions, id);
    // Made among the locks, moved when it is held: a session whose lock is seen free once counts as dead from then on.
    const lock = await FileLock.acquire(join(layout.locks, randomBytes(16).toString('hex')), { holder });
    try {
      await lock.moveTo(folder + lockSuffix);
      // After the lock: a folder without a locked file beside it is a dead one's.
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      await lock.releaseAndRemove();
      throw explainSystemError(error, 'making the folder', folder);
    }
    return new Session(id, folder, lock, database);
  }

  /** A path of its own for a file or a folder. */
  temporaryPath(): string {
    return join(this.folder, randomBytes(8).toString('hex'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await removeSession(this.id, this.folder, this.#database);
    } finally {
      await this.#lock.releaseAndRemove();
    }
  }
}

export interface DeadSession {
  readonly id: string;
  readonly folder: string;
}

/** The sessions whose processes are gone; with `remove`, all that they left is removed. */
export async function findDeadSessions(
  layout: StoreLayout,
  database: StoreDatabase,
  options: { readonly remove: boolean },
): Promise<readonly DeadSession[]> {
  const names = await readdir(layout.sessions);
  const ids = new Set(names.map((name) => (name.endsWith(lockSuffix) ? name.slice(0, -lockSuffix.length) : name)));
  for (const row of database.all('SELECT DISTINCT session FROM holds')) ids.add(String(row.session));
  const dead: DeadSession[] = [];
  for (const id of [...ids].sort()) {
    if (!sessionName.test(id)) continue;
    const folder = join(layout.sessions, id);
    const lock = await FileLock.tryAcquire(folder + lockSuffix);
    if (lock === undefined) continue;
    dead.push({ id, folder });
    try {
      if (options.remove) await removeSession(id, folder, database);
    } finally {
      if (options.remove || !names.includes(id + lockSuffix)) await lock.releaseAndRemove();
      else await lock[Symbol.asyncDispose]();
    }
  }
  return dead;
}

async function removeSession(id: string, folder: string, database: StoreDatabase): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  database.run('DELETE FROM holds WHERE session = ?', id);
}
