import type { Digest } from '../base/digest.ts';
import { artifactKindOf } from './artifact-record.ts';
import type { StoreDatabase } from './database.ts';

/** Which records refer to some digests; true until the transaction ends that it was read in. */
export class Referrers {
  readonly #records = new Map<string, Set<string>>();

  /** Reads all refs once: an index by digest would cost each step of a long build more than this costs a gc. */
  constructor(database: StoreDatabase, digests: Iterable<Digest>) {
    for (const digest of digests) this.#records.set(digest, new Set());
    if (this.#records.size === 0) return;
    const wanted = JSON.stringify([...this.#records.keys()]);
    const sql = 'SELECT kind, key, digest FROM refs WHERE digest IN (SELECT value FROM json_each(?))';
    for (const { kind, key, digest } of database.all(sql, wanted)) {
      // What an artifact was made from is not kept by it.
      if (artifactKindOf(String(kind)) === undefined) this.#records.get(String(digest))?.add(nameOf(kind, key));
    }
  }

  has(digest: Digest): boolean {
    return (this.#records.get(digest)?.size ?? 0) > 0;
  }

  /** Of a record that has been removed. */
  forget(kind: string, key: string): void {
    for (const records of this.#records.values()) records.delete(nameOf(kind, key));
  }
}

function nameOf(kind: unknown, key: unknown): string {
  return `${String(kind)}\0${String(key)}`;
}
