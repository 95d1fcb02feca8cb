import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { type Digest, hexOf } from '../base/digest.ts';
import { artifactKindOf } from './artifact-record.ts';
import { cacheMountLock, cacheMountPath } from './file-cache-mount-store.ts';
import type { GcPlan } from './gc-plan.ts';
import type { GcItem, GcReason } from './gc-policy.ts';
import { artifactPath, blobPath, sumsPath } from './layout.ts';
import { Referrers } from './referrers.ts';
import type { StoreParts } from './store-parts.ts';
import type { SnapshotRecord, Stray } from './store-snapshot.ts';
import { emptyTrash, moveToTrash } from './trash.ts';

/** Removals per transaction: other processes wait for the write lock meanwhile. */
const batchSize = 64;

/**
 * Removes what a plan names, unless it has come into use since. Looking again and removing are one transaction, so a
 * digest that anybody holds, or that a new record refers to, is never taken.
 */
export class Sweep {
  readonly #removed: GcItem[];
  readonly #parts: StoreParts;
  readonly #signal: AbortSignal | undefined;

  /** @param removed Is added to as things go, so that it is true also if the sweep fails. */
  constructor(parts: StoreParts, signal: AbortSignal | undefined, removed: GcItem[]) {
    this.#parts = parts;
    this.#signal = signal;
    this.#removed = removed;
  }

  async run(plan: GcPlan): Promise<void> {
    // What needs no change of a record goes first: on a full disk there is no room to change one.
    await this.#strays(plan.strays);
    const left = await this.#blobs(plan.blobs);
    await this.#records(plan.records);
    await this.#blobs(left);
  }

  async #strays(strays: readonly Stray[]): Promise<void> {
    for (const stray of strays) {
      if (stray.reason === 'unreferenced') {
        if (!this.#parts.database.transact(() => this.#takeStray(stray))) continue;
      } else await rm(stray.path, { recursive: true, force: true });
      this.#removed.push(...strayItem(stray));
    }
    await emptyTrash(this.#parts.layout);
  }

  #takeStray({ digest, path, type }: Stray): boolean {
    const { leases, layout, database } = this.#parts;
    if (digest === undefined || leases.isHeldWithin(digest)) return false;
    const kind = type === 'blob' ? undefined : type;
    if (kind !== undefined && database.get('SELECT 1 FROM records WHERE key = ? LIMIT 1', digest) !== undefined)
      return false;
    return moveToTrash(layout, path);
  }

  /** Returns those that something still refers to. */
  async #blobs(blobs: GcPlan['blobs']): Promise<GcPlan['blobs']> {
    const { database, layout } = this.#parts;
    const left: GcPlan['blobs'][number][] = [];
    for (let from = 0; from < blobs.length; from += batchSize) {
      throwIfAborted(this.#signal, 'removing blobs');
      database.transact(() => {
        const batch = blobs.slice(from, from + batchSize);
        const referrers = this.#referrersOf(batch.map(({ digest }) => digest));
        for (const blob of batch) {
          const { digest, bytes } = blob;
          if (this.#isReferredWithin(digest, referrers)) left.push(blob);
          else if (this.#takeBlob(digest)) this.#note('blob', digest, '', bytes, 'unreferenced');
        }
      });
      await emptyTrash(layout);
    }
    return left;
  }

  #isReferredWithin(digest: Digest, referrers: Referrers): boolean {
    return this.#parts.leases.isHeldWithin(digest) || referrers.has(digest);
  }

  #referrersOf(digests: readonly Digest[]): Referrers {
    return new Referrers(this.#parts.database, digests);
  }

  #takeBlob(digest: Digest): boolean {
    const { layout } = this.#parts;
    const taken = moveToTrash(layout, blobPath(layout, digest));
    moveToTrash(layout, sumsPath(layout, digest));
    // Also those of other versions of Firekiln.
    for (const version of readdirSync(layout.indexes))
      moveToTrash(layout, join(layout.indexes, version, hexOf(digest)));
    return taken;
  }

  async #records(records: GcPlan['records']): Promise<void> {
    for (let from = 0; from < records.length; from += batchSize) {
      throwIfAborted(this.#signal, 'removing records');
      const batch = records.slice(from, from + batchSize);
      await this.#withLocks(
        batch.map(({ record }) => record),
        (locked) => {
          this.#parts.database.transact(() => {
            const derived = batch.filter(({ record }) => record.role === 'derived');
            const referrers = this.#referrersOf(derived.map(({ record }) => record.key as Digest));
            for (const { record, reason } of batch) {
              if (record.role === 'mount' && !locked.has(record)) continue;
              if (this.#takeRecord(record, referrers))
                this.#note(record.type, record.key, record.label, record.bytes, reason);
            }
          });
        },
      );
      await emptyTrash(this.#parts.layout);
    }
  }

  #takeRecord(record: SnapshotRecord, referrers: Referrers): boolean {
    const { database, records, layout } = this.#parts;
    const { kind, key, useSeq, damaged, role } = record;
    const row = database.get('SELECT use_seq FROM records WHERE kind = ? AND key = ?', kind, key);
    // Used, or made anew, since.
    if (row === undefined || (!damaged && row.use_seq !== useSeq)) return false;
    if (role === 'derived') {
      const ofKind = artifactKindOf(kind);
      if (ofKind === undefined || this.#isReferredWithin(key as Digest, referrers)) return false;
      moveToTrash(layout, artifactPath(layout, ofKind, key as Digest));
    }
    if (role === 'mount') moveToTrash(layout, cacheMountPath(layout, key));
    referrers.forget(kind, key);
    return records.deleteWithin(kind, key);
  }

  /** Locks the cache mounts among the records, those that can be. */
  async #withLocks(
    records: readonly SnapshotRecord[],
    work: (locked: ReadonlySet<SnapshotRecord>) => void,
  ): Promise<void> {
    const locks = new Map<SnapshotRecord, { releaseAndRemove(): Promise<void> }>();
    try {
      for (const record of records) {
        if (record.role !== 'mount') continue;
        const lock = await this.#parts.locks.tryAcquire(cacheMountLock(record.key));
        if (lock !== undefined) locks.set(record, lock);
      }
      work(new Set(locks.keys()));
    } finally {
      for (const lock of locks.values()) await lock.releaseAndRemove();
    }
  }

  #note(type: string, key: string, label: string, bytes: number, reason: GcReason): void {
    this.#removed.push({ type, key, label, bytes, reason });
  }
}

/** A stray as the report lists it; what is in use is not listed. */
export function strayItem({ type, digest, path, bytes, reason }: Stray): GcItem[] {
  return reason === 'live' ? [] : [{ type, key: digest ?? path, label: '', bytes, reason }];
}
