import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { FileLock } from '../base/lock.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { StoreDatabase } from './database.ts';
import { storeLayout } from './layout.ts';
import { decodeRow, RecordTable, type StoredRecord } from './record-table.ts';
import { databaseSchema } from './schema.ts';

export interface RepairReport {
  /** Records that could be read and were kept. */
  readonly kept: readonly { readonly kind: string; readonly key: string }[];
  /** The folder with the database as it was. */
  readonly movedTo: string;
}

/**
 * Makes the database of a store anew, with every record of the damaged one that can still be read; images whose records
 * are lost must be tagged, built or pulled again before the next purge. Legal only while no other process uses the
 * store: throws STORE_BUSY.
 */
export async function repairStore(options: {
  readonly dataDir: string;
  readonly now?: () => number;
}): Promise<RepairReport> {
  const { dataDir, now = Date.now } = options;
  const layout = storeLayout(dataDir);
  await using lock = await FileLock.tryAcquire(layout.formatLock);
  if (lock === undefined) {
    throw new FirekilnError('STORE_BUSY', `the store ${layout.root} is in use by another process`, {
      hint: 'It can be repaired when all other Firekiln commands have ended.',
    });
  }
  const movedTo = join(layout.damaged, `records-${now()}`);
  await mkdir(movedTo, { recursive: true, mode: 0o700 });
  for (const suffix of ['', '-wal', '-shm'])
    await copyIfThere(layout.database + suffix, join(movedTo, `records.db${suffix}`));
  const saved = readWhatIsLeft(join(movedTo, 'records.db'));
  for (const suffix of ['', '-wal', '-shm']) await rm(layout.database + suffix, { force: true });
  StoreDatabase.create(layout.database, databaseSchema);
  using database = StoreDatabase.open(layout.database, databaseSchema);
  new RecordTable(database, now).restore(saved);
  return { kept: saved.map(({ kind, key }) => ({ kind, key })), movedTo };
}

/** From both ends, since reading stops where the damage lies. */
function readWhatIsLeft(path: string): StoredRecord[] {
  const found = new Map<string, StoredRecord>();
  for (const order of ['', 'ORDER BY kind DESC, key DESC']) {
    try {
      using database = new DatabaseSync(path);
      for (const row of database.prepare(`SELECT * FROM records ${order}`).iterate()) {
        const record = decodeRow(row);
        if (!('damaged' in record)) found.set(`${record.kind}\0${record.key}`, record);
      }
    } catch {
      // Nothing more to be read in this order.
    }
  }
  return [...found.values()];
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw explainSystemError(error, 'writing', to);
  }
}
