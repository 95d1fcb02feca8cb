import { closeSync, existsSync, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { copyDatabase } from './copy-database.ts';
import type { DatabaseSchema } from './schema.ts';

/** Result codes of SQLite (sqlite.org/rescode.html); the low byte is the primary code. */
const sqliteError = 1;
const sqliteBusy = 5;
const sqliteReadOnly = 8;
const sqliteIoError = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteCannotOpen = 14;
const sqliteTooBig = 18;
const sqliteConstraint = 19;
const sqliteMismatch = 20;
const sqliteNotADatabase = 26;

/** How long a transaction waits for those of other processes; theirs are short, so only a stopped process takes longer. */
const busyTimeoutMs = 30_000;
/** A disk with less room than this is taken for the reason why SQLite could not write. */
const roomForSqlite = 256 * 1024;

/**
 * The one SQLite database of a store. Calls are synchronous and short; each transaction takes the write lock from its
 * start, so that what it reads stays true until it ends, in all processes.
 */
export class StoreDatabase implements Disposable {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Of one that is only looked at: what each attempt to write throws. */
  readonly #frozen: FirekilnError | undefined;

  private constructor(path: string, database: DatabaseSync, frozen?: FirekilnError) {
    this.path = path;
    this.#database = database;
    this.#frozen = frozen;
  }

  /** Opens it. Throws STORE_DAMAGED, also if it is not there, DISK_FULL, PERMISSION. */
  static open(path: string, schema: DatabaseSchema): StoreDatabase {
    return explained(path, () => {
      if (!existsSync(path)) throw damaged(new Error('it is not there'), path);
      const store = StoreDatabase.#connect(path);
      try {
        const version = store.get('PRAGMA user_version')?.user_version;
        if (version !== schema.version) throw damaged(new Error('it does not hold the tables of a store'), path);
        return store;
      } catch (error) {
        store[Symbol.dispose]();
        throw error;
      }
    });
  }

  /**
   * A copy in memory, for reading while the disk has no room for what SQLite needs beside the file. Whoever writes to it
   * gets `reason`. Throws as {@link open} does.
   */
  static openCopy(path: string, schema: DatabaseSchema, reason: FirekilnError): StoreDatabase {
    return explained(path, () => new StoreDatabase(path, copyDatabase(path, schema), reason));
  }

  /** Makes it, with its tables; does nothing to one that is there. */
  static create(path: string, schema: DatabaseSchema): void {
    explained(path, () => {
      using store = StoreDatabase.#connect(path);
      if (store.get('PRAGMA user_version')?.user_version !== 0) return;
      store.#database.exec(`BEGIN IMMEDIATE; ${schema.sql}; PRAGMA user_version = ${schema.version}; COMMIT;`);
    });
  }

  static #connect(path: string): StoreDatabase {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      // NORMAL loses the last transactions with the power, never with the process; `durable` ones are flushed.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON;');
      return new StoreDatabase(path, database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  all(sql: string, ...values: readonly SqlValue[]): Row[] {
    return explained(this.path, () => this.#prepare(sql).all(...values)) as Row[];
  }

  get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return explained(this.path, () => this.#prepare(sql).get(...values)) as Row | undefined;
  }

  /** The number of rows changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    if (this.#frozen !== undefined) throw this.#frozen;
    return explained(this.path, () => Number(this.#prepare(sql).run(...values).changes));
  }

  /** Runs `work` as one transaction; not to be nested. A `durable` one survives a loss of power once this returns. */
  transact<T>(work: () => T, options: { readonly durable?: boolean } = {}): T {
    return explained(this.path, () => {
      if (options.durable) this.#database.exec('PRAGMA synchronous = FULL');
      try {
        this.#database.exec(this.#frozen === undefined ? 'BEGIN IMMEDIATE' : 'BEGIN');
        try {
          const result = work();
          this.#database.exec('COMMIT');
          return result;
        } catch (error) {
          if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
          throw error;
        }
      } finally {
        if (options.durable) this.#database.exec('PRAGMA synchronous = NORMAL');
      }
    });
  }

  /** Compares all tables with their indexes: throws STORE_DAMAGED if a row was lost or changed its place. */
  check(): void {
    const [first] = this.all('PRAGMA integrity_check(1)');
    if (first?.integrity_check !== 'ok') throw damaged(new Error(String(first?.integrity_check)), this.path);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainSqliteError(error, path);
  }
}

function explainSqliteError(error: unknown, path: string): unknown {
  // Numbers that no statement of ours wrote.
  if (systemCode(error) === 'ERR_OUT_OF_RANGE') return damaged(error, path);
  const code = sqliteCode(error);
  if (code === undefined) return error;
  switch (code & 0xff) {
    case sqliteFull:
      return diskFull(error, path);
    case sqliteIoError:
    case sqliteCannotOpen:
      // SQLite says why it could not write only by halves: a log or a shared-memory file that finds no room is an
      // I/O error, a file that can't be made for want of room can't be opened.
      if (isOutOfRoom(dirname(path))) return diskFull(error, path);
      return (
        whyNotOpened(path) ??
        new FirekilnError('STORE_DAMAGED', `${path} can't be read or written: ${messageOf(error)}`, {
          hint: 'Check the permissions of the folder and the disk below it.',
          cause: error,
        })
      );
    case sqliteReadOnly:
      return new FirekilnError('PERMISSION', `writing ${path}: the database is read-only`, { cause: error });
    case sqliteBusy:
      return new FirekilnError(
        'STORE_BUSY',
        `${path} has been locked by another process for ${busyTimeoutMs / 1000} s`,
        {
          hint: 'A stopped (Ctrl-Z) or hanging Firekiln may hold it: end that process.',
          cause: error,
        },
      );
    case sqliteCorrupt:
    case sqliteNotADatabase:
    // Our statements fit the tables as they were made; only other tables can refuse them.
    case sqliteError:
    case sqliteTooBig:
    case sqliteConstraint:
    case sqliteMismatch:
      return damaged(error, path);
    default:
      return error;
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (systemCode(error) !== 'ERR_SQLITE_ERROR' || !(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function damaged(error: unknown, path: string): FirekilnError {
  return new FirekilnError('STORE_DAMAGED', `${path} is damaged: ${messageOf(error)}`, {
    hint: '`firekiln doctor --repair` keeps the records that can still be read; blobs and layers are apart from them.',
    cause: error,
  });
}

function diskFull(error: unknown, path: string): FirekilnError {
  return new FirekilnError('DISK_FULL', `writing ${path}: no space left on the device`, {
    hint: 'Free space, run `firekiln purge`, or choose another place with --data-dir.',
    cause: error,
  });
}

/** SQLite does not tell why a file can't be opened, as with too many open files; trying it tells. */
function whyNotOpened(path: string): FirekilnError | undefined {
  const opened: number[] = [];
  try {
    // As many as SQLite needs: the database, its log and their shared memory.
    for (let i = 0; i < 3; i++) opened.push(openSync(path, 'r+'));
    return undefined;
  } catch (error) {
    const explained = explainSystemError(error, 'opening', path);
    return isFirekilnError(explained) ? explained : undefined;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function isOutOfRoom(folder: string): boolean {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(folder);
    return bavail * bsize < roomForSqlite || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
