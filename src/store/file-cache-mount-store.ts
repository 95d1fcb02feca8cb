import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, sha256 } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { FileLock } from '../base/lock.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import type { AcquireCacheMount, CacheMountInfo, CacheMountStore, CacheMountUse } from './cache-mount-store.ts';
import { diskBytes } from './disk-usage.ts';
import type { StoreLayout } from './layout.ts';
import type { RecordInput, StoredRecord } from './record-table.ts';
import type { StoreParts } from './store-parts.ts';
import { emptyTrash, moveToTrash } from './trash.ts';

export const cacheMountKind = 'cachemount';

/** Images of one id with `sharing=private`: as many as steps that use it at the same time, so this many is a mistake. */
const maxPrivateCacheMounts = 256;

interface CacheMountValue {
  readonly id: string;
  /** Set while somebody has it; one that died leaves it set. */
  readonly inUse: boolean;
  readonly user: string;
}

export class FileCacheMountStore implements CacheMountStore {
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async acquire(id: string, options: AcquireCacheMount): Promise<CacheMountUse> {
    const { key, lock } = await this.#lock(id, options);
    try {
      return await this.#use(id, key, lock, options);
    } catch (error) {
      await lock.releaseAndRemove();
      throw error;
    }
  }

  async list(): Promise<readonly CacheMountInfo[]> {
    const { records, layout } = this.#parts;
    const found: CacheMountInfo[] = [];
    for (const record of records.list(cacheMountKind)) {
      const value = 'damaged' in record ? undefined : cacheMountValue(record);
      if (value === undefined || 'damaged' in record) continue;
      const path = cacheMountPath(layout, record.key);
      const inUse = await this.#parts.locks.isHeld(cacheMountLock(record.key));
      const { label, createdAt, usedAt } = record;
      const { id, user: usedBy } = value;
      found.push({ id, label, usedBy, path, diskBytes: (await diskBytes(path)) ?? 0, inUse, createdAt, usedAt });
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  async remove(id: string): Promise<boolean> {
    let removed = false;
    for (let instance = 0; instance < maxPrivateCacheMounts; instance++) {
      const key = cacheMountKey(id, instance);
      if (this.#parts.records.get(cacheMountKind, key) === undefined && instance > 0) break;
      removed = (await this.#removeOne(id, key)) || removed;
    }
    await emptyTrash(this.#parts.layout);
    return removed;
  }

  async #removeOne(id: string, key: string): Promise<boolean> {
    const { locks, records, layout } = this.#parts;
    const lock = await locks.tryAcquire(cacheMountLock(key));
    if (lock === undefined) {
      throw new FirekilnError('STORE_BUSY', `the cache mount ${id} is in use by a build`, {
        hint: 'It can be removed when that has ended.',
      });
    }
    try {
      moveToTrash(layout, cacheMountPath(layout, key));
      return records.delete(cacheMountKind, key);
    } finally {
      await lock.releaseAndRemove();
    }
  }

  async #lock(id: string, options: AcquireCacheMount): Promise<{ readonly key: string; readonly lock: FileLock }> {
    const { locks } = this.#parts;
    if (options.sharing === 'locked') {
      const key = cacheMountKey(id, 0);
      return { key, lock: await locks.acquire(cacheMountLock(key), options) };
    }
    for (let instance = 0; instance < maxPrivateCacheMounts; instance++) {
      const key = cacheMountKey(id, instance);
      const lock = await locks.tryAcquire(cacheMountLock(key));
      if (lock !== undefined) return { key, lock };
    }
    throw new FirekilnError('LIMIT_EXCEEDED', `all ${maxPrivateCacheMounts} private cache mounts ${id} are in use`);
  }

  async #use(id: string, key: string, lock: FileLock, options: AcquireCacheMount): Promise<CacheMountUse> {
    const { records, layout, database } = this.#parts;
    const path = cacheMountPath(layout, key);
    const before = records.get(cacheMountKind, key);
    const known = before === undefined || 'damaged' in before ? undefined : cacheMountValue(before);
    const kept = known !== undefined && (await exists(path)) ? before : undefined;
    const value: CacheMountValue = { id, inUse: true, user: options.user ?? '' };
    const fresh: RecordInput = { kind: cacheMountKind, key, label: options.label ?? '', value, refs: [] };
    // On disk before anybody writes into the image: a loss of power must not make a torn one look clean.
    if (kept === undefined || 'damaged' in kept) {
      records.put([fresh], { durable: true });
      await this.#make(path, options);
    } else {
      database.transact(() => records.update(kept, value), { durable: true });
    }
    const inUse = kept === undefined || 'damaged' in kept ? fresh : { ...kept, value };
    let released = false;
    return {
      path,
      clean: kept === undefined || known?.inUse !== true,
      [Symbol.asyncDispose]: async () => {
        if (released) return;
        released = true;
        try {
          records.update(inUse, { ...value, inUse: false } satisfies CacheMountValue);
          records.touch(cacheMountKind, key);
        } finally {
          await lock.releaseAndRemove();
        }
      },
    };
  }

  async #make(path: string, options: AcquireCacheMount): Promise<void> {
    const { layout, session } = this.#parts;
    const temporary = (await session.get()).temporaryPath();
    try {
      await options.make(temporary, options.signal);
      moveToTrash(layout, path);
      await rename(temporary, path);
    } catch (error) {
      throw explainSystemError(error, 'making', path);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

export function cacheMountPath(layout: StoreLayout, key: string): string {
  return join(layout.cacheMounts, key);
}

export function cacheMountLock(key: string): string {
  return `cache mount ${key}`;
}

function cacheMountKey(id: string, instance: number): string {
  return hexOf(sha256(instance === 0 ? id : JSON.stringify([id, instance])));
}

function cacheMountValue(record: StoredRecord): CacheMountValue | undefined {
  const value = record.value as Partial<CacheMountValue> | null;
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, inUse, user = '' } = value;
  const isWhole = typeof id === 'string' && typeof inUse === 'boolean' && typeof user === 'string';
  return isWhole ? { id, inUse, user } : undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw explainSystemError(error, 'reading', path);
  }
}
