/** The tables of a store's database. Part of the store's format: see store-format.ts. */
export interface DatabaseSchema {
  readonly version: number;
  /** Legal also where the tables are there. */
  readonly sql: string;
}

export const databaseSchema: DatabaseSchema = {
  version: 1,
  sql: `
    -- Images, cache records, artifacts, cache mounts and pins. body: JSON; seal: CRC-32 of kind, key, label and body.
    -- made_seq and use_seq order what was made and used independently of the clock.
    CREATE TABLE IF NOT EXISTS records (
      kind TEXT NOT NULL, key TEXT NOT NULL, label TEXT NOT NULL, body TEXT NOT NULL, seal INTEGER NOT NULL,
      created_at INTEGER NOT NULL, used_at INTEGER NOT NULL, made_seq INTEGER NOT NULL, use_seq INTEGER NOT NULL,
      PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS records_by_label ON records (kind, label, made_seq);
    CREATE INDEX IF NOT EXISTS records_by_use ON records (use_seq);
    -- What a record refers to; also in its body. For the sweep of gc.
    CREATE TABLE IF NOT EXISTS refs (
      kind TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
      PRIMARY KEY (kind, key, digest)
    ) WITHOUT ROWID;
    -- What leases protect. A row counts as long as the lock file of its session is held.
    CREATE TABLE IF NOT EXISTS holds (
      session TEXT NOT NULL, lease INTEGER NOT NULL, digest TEXT NOT NULL,
      PRIMARY KEY (session, lease, digest)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS holds_by_digest ON holds (digest)`,
};
