import { DatabaseSync } from 'node:sqlite';
import type { DatabaseSchema } from './schema.ts';

/** How long to wait for others who look at the same database in this way. */
const busyTimeoutMs = 5_000;

const tables: Readonly<Record<string, readonly string[]>> = {
  records: ['kind', 'key', 'label', 'body', 'seal', 'created_at', 'used_at', 'made_seq', 'use_seq'],
  refs: ['kind', 'key', 'digest'],
  holds: ['session', 'lease', 'digest'],
};

/**
 * The tables of a database in memory, with what its log holds. The exclusive mode needs no shared-memory file, for which
 * a full disk has no room (sqlite.org/wal.html, section 8).
 */
export function copyDatabase(path: string, schema: DatabaseSchema): DatabaseSync {
  const disk = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    disk.exec('PRAGMA locking_mode = EXCLUSIVE');
    const copy = new DatabaseSync(':memory:');
    copy.exec(schema.sql);
    copy.exec('BEGIN');
    for (const [table, columns] of Object.entries(tables)) {
      const insert = copy.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`);
      for (const row of disk.prepare(`SELECT ${columns.join(', ')} FROM ${table}`).iterate()) {
        insert.run(...columns.map((column) => row[column] ?? null));
      }
    }
    copy.exec('COMMIT');
    return copy;
  } finally {
    disk.close();
  }
}
