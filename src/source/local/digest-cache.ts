import { mkdirSync } from 'node:fs';
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
const racyNs = 2_000_000_000n;

/**
 * Digests of host files by device, inode, size and times, in a small SQLite file. It is a cache: a file that is damaged or
 * of another version is thrown away.
 */
export class DigestCache implements FileDigests, Disposable {
  readonly #database: DatabaseSync;
  readonly #now: () => bigint;
  readonly #fresh = new Map<string, Digest>();
  readonly #find: ReturnType<DatabaseSync['prepare']>;

  constructor(path: string, now: () => bigint = () => BigInt(Date.now()) * 1_000_000n) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#now = now;
    this.#database = new DatabaseSync(path, { timeout: 5000 });
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS digest_1 (
        device INTEGER, inode INTEGER, size INTEGER, mtime INTEGER, ctime INTEGER, digest TEXT, used INTEGER,
        PRIMARY KEY (device, inode)
      ) WITHOUT ROWID, STRICT;
    `);
    this.#find = this.#database.prepare(
      'SELECT digest FROM digest_1 WHERE device = ? AND inode = ? AND size = ? AND mtime = ? AND ctime = ?',
    );
  }

  find(file: HostFile): Digest | undefined {
    const fresh = this.#fresh.get(keyOf(file));
    if (fresh !== undefined) return fresh;
    const row = this.#find.get(file.device, file.inode, file.size, file.mtimeNs, file.ctimeNs);
    return isDigest(row?.digest) ? row.digest : undefined;
  }

  remember(file: HostFile, digest: Digest): void {
    this.#fresh.set(keyOf(file), digest);
    const now = this.#now();
    if (now - file.mtimeNs < racyNs || now - file.ctimeNs < racyNs) return;
    this.#pending.push([file.device, file.inode, file.size, file.mtimeNs, file.ctimeNs, digest]);
  }

  readonly #pending: (bigint | number | string)[][] = [];

  /** Writes what was remembered, in one transaction. */
  flush(): void {
    const today = Number(this.#now() / 86_400_000_000_000n);
    const insert = this.#database.prepare('INSERT OR REPLACE INTO digest_1 VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#database.exec('BEGIN IMMEDIATE');
    for (const row of this.#pending) insert.run(...row, today);
    this.#database.prepare('DELETE FROM digest_1 WHERE used < ?').run(today - keptDays);
    this.#database.exec('COMMIT');
    this.#pending.length = 0;
  }

  [Symbol.dispose](): void {
    try {
      if (this.#pending.length > 0) this.flush();
    } finally {
      this.#database.close();
    }
  }
}

function keyOf(file: HostFile): string {
  return `${file.device}:${file.inode}:${file.size}:${file.mtimeNs}:${file.ctimeNs}`;
}
