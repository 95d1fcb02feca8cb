import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Digest, isDigest } from '../../base/digest.ts';
import type { FileDigests, HostFile } from './host-file.ts';

/** Rows not asked for since this many days are dropped. */
const keptDays = 60;
/**
 * A file whose times are this close to now may be changed again without its times telling (file systems count time in
 * steps): its digest is not kept. Git calls such files racily clean.
 */
const racyMs = 2000;

const setUp = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  DROP TABLE IF EXISTS digest_1;
  CREATE TABLE IF NOT EXISTS digest_2 (
    device INTEGER, inode INTEGER, size INTEGER, mtime REAL, ctime REAL, digest TEXT, used INTEGER,
    PRIMARY KEY (device, inode)
  ) WITHOUT ROWID, STRICT;
`;

/**
 * Digests of host files by device, inode, size and times, in a small SQLite file. It is a cache: a file that is damaged is
 * thrown away, and where none can be read or written, as on a full disk, everything is read anew.
 */
export class DigestCache implements FileDigests, Disposable {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #fresh = new Map<string, Digest>();
  readonly #find: ReturnType<DatabaseSync['prepare']>;

  constructor(path: string, now: () => number = Date.now) {
    this.#now = now;
    this.#database = openDatabase(path);
    this.#find = this.#database.prepare(
      'SELECT digest FROM digest_2 WHERE device = ? AND inode = ? AND size = ? AND mtime = ? AND ctime = ?',
    );
  }

  find(file: HostFile): Digest | undefined {
    const fresh = this.#fresh.get(keyOf(file));
    if (fresh !== undefined) return fresh;
    try {
      const row = this.#find.get(file.device, file.inode, file.size, file.mtimeMs, file.ctimeMs);
      return isDigest(row?.digest) ? row.digest : undefined;
    } catch {
      return undefined;
    }
  }

  remember(file: HostFile, digest: Digest): void {
    this.#fresh.set(keyOf(file), digest);
    const now = this.#now();
    if (now - file.mtimeMs < racyMs || now - file.ctimeMs < racyMs) return;
    this.#pending.push([file.device, file.inode, file.size, file.mtimeMs, file.ctimeMs, digest]);
  }

  readonly #pending: (bigint | number | string)[][] = [];

  /** Writes what was remembered, in one transaction. */
  #flush(): void {
    const today = Math.floor(this.#now() / 86_400_000);
    const insert = this.#database.prepare('INSERT OR REPLACE INTO digest_2 VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#database.exec('BEGIN IMMEDIATE');
    for (const row of this.#pending) insert.run(...row, today);
    this.#database.prepare('DELETE FROM digest_2 WHERE used < ?').run(today - keptDays);
    this.#database.exec('COMMIT');
    this.#pending.length = 0;
  }

  [Symbol.dispose](): void {
    try {
      if (this.#pending.length > 0) this.#flush();
    } catch {
      // No room for it, or damaged: the next build reads the files again.
    } finally {
      this.#database.close();
    }
  }
}

function openDatabase(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      return connect(path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      return connect(path);
    }
  } catch {
    return connect(':memory:');
  }
}

function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec(setUp);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return [11, 26].includes(Number(error.errcode) & 0xff);
}

function keyOf(file: HostFile): string {
  return `${file.device}:${file.inode}:${file.size}:${file.mtimeMs}:${file.ctimeMs}`;
}
