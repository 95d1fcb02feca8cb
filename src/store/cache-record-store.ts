import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { FileContentStore } from './content-store.ts';
import { requireAll } from './missing-refs.ts';
import type { RecordTable, StoredRecord } from './record-table.ts';
import type { CacheRecord, CacheRecords } from './store.ts';

export const cacheKind = 'cache';

/** Records are notes of where results lie, not the results; in bytes of JSON. */
const maxCacheValueBytes = 1024 * 1024;

export class CacheRecordStore implements CacheRecords {
  readonly #records: RecordTable;
  readonly #content: FileContentStore;

  constructor(records: RecordTable, content: FileContentStore) {
    this.#records = records;
    this.#content = content;
  }

  async get(key: Digest): Promise<CacheRecord | undefined> {
    const record = this.#records.get(cacheKind, key);
    if (record === undefined) return undefined;
    if ('damaged' in record) {
      this.#records.delete(cacheKind, key);
      return undefined;
    }
    if ((await this.#content.firstMissing(record.refs)) !== undefined) return undefined;
    this.#records.touch(cacheKind, key);
    return cacheRecord(record);
  }

  async put(
    keys: Digest | readonly Digest[],
    record: { readonly value: unknown; readonly refs: readonly Digest[]; readonly label: string },
  ): Promise<void> {
    const { value, refs, label } = record;
    const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
    if (bytes > maxCacheValueBytes) {
      throw new FirekilnError(
        'LIMIT_EXCEEDED',
        `the cache record of ${label} has ${bytes} bytes, more than ${maxCacheValueBytes}`,
      );
    }
    await requireAll(this.#content, refs, `the cache record of ${label}`);
    // Not flushed: what a loss of power takes is made again.
    const records = [keys].flat().map((key) => ({ kind: cacheKind, key, label, value, refs }));
    this.#records.put(records, { durable: false });
  }

  async latestWithLabel(label: string): Promise<CacheRecord | undefined> {
    const record = this.#records.latest(cacheKind, label);
    return record === undefined ? undefined : cacheRecord(record);
  }

  async delete(key: Digest): Promise<void> {
    this.#records.delete(cacheKind, key);
  }
}

function cacheRecord(record: StoredRecord): CacheRecord {
  const { key, value, refs, label, createdAt, usedAt } = record;
  return { key: key as Digest, value, refs, label, createdAt, usedAt };
}
