import { crc32 } from 'node:zlib';
import { type Digest, isDigest } from '../base/digest.ts';
import type { Row, StoreDatabase } from './database.ts';

/** A row of the table `records`, whatever it stands for. */
export interface StoredRecord {
  readonly kind: string;
  readonly key: string;
  readonly label: string;
  readonly value: unknown;
  readonly refs: readonly Digest[];
  /** Milliseconds since the epoch, as the clock was then. */
  readonly createdAt: number;
  readonly usedAt: number;
  /** Grows with each use of any record, whatever the clock does. */
  readonly useSeq: number;
}

/** A row whose bytes are not what was written. */
export interface DamagedRecord {
  readonly kind: string;
  readonly key: string;
  readonly damaged: true;
}

export interface RecordInput {
  readonly kind: string;
  readonly key: string;
  readonly label: string;
  readonly value: unknown;
  readonly refs: readonly Digest[];
}

/** Rows that are sealed with a sum, so that damage is found and never taken for an answer. */
export class RecordTable {
  readonly #database: StoreDatabase;
  readonly #now: () => number;
  /** Uses that were not written yet: one transaction for many. */
  readonly #touched = new Map<string, { readonly kind: string; readonly key: string }>();

  constructor(database: StoreDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Replaces records in one transaction; a durable one survives a loss of power. */
  put(records: readonly RecordInput[], options: { readonly durable: boolean }): void {
    const now = this.#now();
    this.#database.transact(() => {
      for (const record of records) this.#write(record, now);
    }, options);
  }

  /** Changes the value of a record, but none of its times; does nothing if it is gone or says something else by now. */
  update(record: RecordInput, value: unknown): void {
    const { kind, key, label } = record;
    const [before, after] = [encodeBody(record), encodeBody({ ...record, value })];
    this.#database.run(
      'UPDATE records SET body = ?, seal = ? WHERE kind = ? AND key = ? AND seal = ?',
      after,
      seal(kind, key, label, after),
      kind,
      key,
      seal(kind, key, label, before),
    );
  }

  get(kind: string, key: string): StoredRecord | DamagedRecord | undefined {
    const row = this.#database.get('SELECT * FROM records WHERE kind = ? AND key = ?', kind, key);
    return row === undefined ? undefined : decodeRow(row);
  }

  /** In order of kind and key. */
  list(kind?: string): readonly (StoredRecord | DamagedRecord)[] {
    const rows =
      kind === undefined
        ? this.#database.all('SELECT * FROM records ORDER BY kind, key')
        : this.#database.all('SELECT * FROM records WHERE kind = ? ORDER BY key', kind);
    return rows.map(decodeRow);
  }

  /** The one that was made last of those with a label. */
  latest(kind: string, label: string): StoredRecord | undefined {
    const row = this.#database.get(
      'SELECT * FROM records WHERE kind = ? AND label = ? ORDER BY made_seq DESC LIMIT 1',
      kind,
      label,
    );
    const record = row === undefined ? undefined : decodeRow(row);
    return record === undefined || 'damaged' in record ? undefined : record;
  }

  /** True if there was one. */
  delete(kind: string, key: string): boolean {
    return this.#database.transact(() => this.deleteWithin(kind, key));
  }

  /** As {@link delete}, within the caller's transaction. */
  deleteWithin(kind: string, key: string): boolean {
    this.#database.run('DELETE FROM refs WHERE kind = ? AND key = ?', kind, key);
    return this.#database.run('DELETE FROM records WHERE kind = ? AND key = ?', kind, key) > 0;
  }

  /** Notes a use; cheap, written by the next {@link flushUses}. */
  touch(kind: string, key: string): void {
    this.#touched.set(`${kind}\0${key}`, { kind, key });
  }

  flushUses(): void {
    if (this.#touched.size === 0) return;
    const uses = [...this.#touched.values()];
    this.#touched.clear();
    const now = this.#now();
    this.#database.transact(() => {
      for (const { kind, key } of uses) {
        this.#database.run(
          `UPDATE records SET used_at = max(used_at, ?), use_seq = (SELECT max(use_seq) + 1 FROM records)
           WHERE kind = ? AND key = ?`,
          now,
          kind,
          key,
        );
      }
    });
  }

  /** Writes records with the times and the order that they had; for what was saved from a damaged database. */
  restore(records: readonly StoredRecord[]): void {
    this.#database.transact(
      () => {
        for (const record of [...records].sort((a, b) => a.useSeq - b.useSeq)) {
          this.#write(record, record.createdAt);
          const { kind, key, usedAt } = record;
          this.#database.run('UPDATE records SET used_at = ? WHERE kind = ? AND key = ?', usedAt, kind, key);
        }
      },
      { durable: true },
    );
  }

  /** Times that lie in the future, left by a clock that was set back since, become now: else they would never age. */
  settleTimes(): void {
    const now = this.#now();
    this.#database.run('UPDATE records SET used_at = ? WHERE used_at > ?', now, now);
  }

  #write(record: RecordInput, now: number): void {
    const { kind, key, label } = record;
    const body = encodeBody(record);
    this.deleteWithin(kind, key);
    this.#database.run(
      `INSERT INTO records (kind, key, label, body, seal, created_at, used_at, made_seq, use_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(use_seq), 0) + 1 FROM records),
         (SELECT coalesce(max(use_seq), 0) + 1 FROM records))`,
      kind,
      key,
      label,
      body,
      seal(kind, key, label, body),
      now,
      now,
    );
    for (const digest of new Set(record.refs)) {
      this.#database.run('INSERT INTO refs (kind, key, digest) VALUES (?, ?, ?)', kind, key, digest);
    }
  }
}

/** What gc must take for referenced: also the refs of records whose bodies are damaged. */
export function allRefs(database: StoreDatabase): { kind: string; key: string; digest: Digest }[] {
  const found: { kind: string; key: string; digest: Digest }[] = [];
  for (const { kind, key, digest } of database.all('SELECT kind, key, digest FROM refs')) {
    if (isDigest(digest)) found.push({ kind: String(kind), key: String(key), digest });
  }
  return found;
}

function encodeBody(record: RecordInput): string {
  return JSON.stringify({ value: record.value, refs: record.refs });
}

function seal(kind: string, key: string, label: string, body: string): number {
  return crc32(JSON.stringify([kind, key, label, body]));
}

/** The record of a row, if its seal is whole. */
export function decodeRow(row: Row): StoredRecord | DamagedRecord {
  const { label, body } = row;
  const kind = String(row.kind);
  const key = String(row.key);
  const damaged: DamagedRecord = { kind, key, damaged: true };
  if (typeof label !== 'string' || typeof body !== 'string' || row.seal !== seal(kind, key, label, body))
    return damaged;
  const content = parseBody(body);
  if (content === undefined) return damaged;
  const { created_at: createdAt, used_at: usedAt, use_seq: useSeq } = row;
  return { kind, key, label, ...content, createdAt: time(createdAt), usedAt: time(usedAt), useSeq: time(useSeq) };
}

function parseBody(body: string): { readonly value: unknown; readonly refs: readonly Digest[] } | undefined {
  try {
    const content: unknown = JSON.parse(body);
    if (typeof content !== 'object' || content === null || !('refs' in content)) return undefined;
    const { refs } = content;
    if (!Array.isArray(refs) || !refs.every(isDigest)) return undefined;
    return { value: 'value' in content ? content.value : undefined, refs };
  } catch {
    return undefined;
  }
}

function time(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
