import { chmod, lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest } from '../base/digest.ts';
import { SingleFlight } from '../base/single-flight.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import {
  type ArtifactValue,
  artifactInUse,
  artifactKey,
  artifactKindOf,
  artifactRecordKind,
  artifactValue,
  measureArtifact,
} from './artifact-record.ts';
import { currentBootId } from './boot-id.ts';
import { diskBytes } from './disk-usage.ts';
import { flushTree } from './flush-tree.ts';
import { artifactPath, makeFolder } from './layout.ts';
import type { RecordInput, StoredRecord } from './record-table.ts';
import type { ArtifactInfo, ArtifactStore } from './store.ts';
import type { StoreParts } from './store-parts.ts';
import { emptyTrash, moveToTrash } from './trash.ts';

type Make = (path: string, signal: AbortSignal) => Promise<void>;

interface EnsureOptions {
  readonly signal?: AbortSignal | undefined;
  readonly refs?: readonly Digest[];
  readonly label?: string;
}

/** After this long the kernel has written out by itself what was not flushed, and a flush costs little. */
const kernelFlushesAfterMs = 60_000;

/**
 * Artifacts as files or folders named for their keys, each with a record.
 *
 * They are large and can be made again, so nobody waits for their flush: it runs behind, and the record says when it
 * has ended. Until then an artifact counts only in the boot of the host in which it was made; a process that dies
 * loses nothing, a loss of power at most what it may have torn.
 */
export class FileArtifactStore implements ArtifactStore {
  readonly #parts: StoreParts;
  readonly #flights = new SingleFlight<string>();
  readonly #flushing = new Set<string>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async ensure(kind: string, key: Digest, make: Make, options: EnsureOptions = {}): Promise<string> {
    const { locks, leases, emitter } = this.#parts;
    await leases.beforePublish(key);
    const found = await this.#look(kind, key);
    if (found !== undefined) return found;
    const what = `${kind} ${key}`;
    const doing = `making the ${what}`;
    return await this.#flights.run(what, { signal: options.signal, doing }, async (signal) => {
      const onWait = (holder: string) => emitter.message('info', `waiting for ${holder}, which is making the ${what}`);
      return await locks.run(`artifact ${what}`, { signal, onWait }, async () => {
        return (await this.#look(kind, key)) ?? (await this.#make(kind, key, make, signal, options));
      });
    });
  }

  async find(kind: string, key: Digest): Promise<string | undefined> {
    await this.#parts.leases.beforeLook(key);
    return await this.#look(kind, key);
  }

  async list(kind?: string): Promise<readonly ArtifactInfo[]> {
    const { records, layout } = this.#parts;
    const found: ArtifactInfo[] = [];
    for (const record of records.list(kind === undefined ? undefined : artifactRecordKind(kind))) {
      const ofKind = artifactKindOf(record.kind);
      if (ofKind === undefined || 'damaged' in record) continue;
      const key = artifactKey(record);
      const path = artifactPath(layout, ofKind, key);
      const bytes = await diskBytes(path);
      const { label, refs, createdAt, usedAt } = record;
      if (bytes !== undefined)
        found.push({ kind: ofKind, key, label, path, diskBytes: bytes, refs, createdAt, usedAt });
    }
    return found;
  }

  async remove(kind: string, key: Digest): Promise<boolean> {
    const { records, database, layout, leases } = this.#parts;
    await leases.reclaimDead();
    const removed = database.transact(() => {
      if (leases.isHeldWithin(key)) throw artifactInUse(kind, key);
      records.deleteWithin(artifactRecordKind(kind), key);
      return moveToTrash(layout, artifactPath(layout, kind, key));
    });
    await emptyTrash(layout);
    return removed;
  }

  async #look(kind: string, key: Digest): Promise<string | undefined> {
    const { records, layout } = this.#parts;
    const record = records.get(artifactRecordKind(kind), key);
    if (record === undefined || 'damaged' in record) return undefined;
    const value = artifactValue(record);
    if (value === undefined || !(value.flushed || value.boot === currentBootId())) return undefined;
    const path = artifactPath(layout, kind, key);
    if (!(await isWhole(path, value))) return undefined;
    records.touch(record.kind, record.key);
    if (!value.flushed && Date.now() - record.createdAt > kernelFlushesAfterMs) this.#flushBehind(path, record, value);
    return path;
  }

  async #make(kind: string, key: Digest, make: Make, signal: AbortSignal, options: EnsureOptions): Promise<string> {
    const { layout, session, records } = this.#parts;
    const path = artifactPath(layout, kind, key);
    const temporary = (await session.get()).temporaryPath();
    try {
      await make(temporary, signal);
      const value: ArtifactValue = { ...(await measureArtifact(temporary)), ...(await this.#durability(temporary)) };
      if ((await lstat(temporary)).isFile()) await chmod(temporary, 0o444);
      await makeFolder(dirname(path));
      // One that is there was refused above; with the new record it would pass for whole.
      if (moveToTrash(layout, path)) await emptyTrash(layout);
      const { refs = [], label = '' } = options;
      const record: RecordInput = { kind: artifactRecordKind(kind), key, label, value, refs };
      records.put([record], { durable: false });
      await rename(temporary, path);
      if (!value.flushed) this.#flushBehind(path, record, value);
      return path;
    } catch (error) {
      throw explainSystemError(error, 'making', path);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  async #durability(path: string): Promise<Pick<ArtifactValue, 'boot' | 'flushed'>> {
    const boot = currentBootId();
    if (boot !== undefined) return { boot, flushed: false };
    await flushTree(path);
    return { boot: '', flushed: true };
  }

  #flushBehind(path: string, record: RecordInput | StoredRecord, value: ArtifactValue): void {
    if (this.#flushing.has(path)) return;
    this.#flushing.add(path);
    const { records, closed } = this.#parts;
    flushTree(path)
      .then(() => {
        if (!closed.aborted) records.update(record, { ...value, flushed: true });
      })
      // It is as good as before: flushed by whoever finds it next.
      .catch(() => {})
      .finally(() => this.#flushing.delete(path));
  }
}

async function isWhole(path: string, value: ArtifactValue): Promise<boolean> {
  try {
    const { bytes, files } = await measureArtifact(path);
    return bytes === value.bytes && files === value.files;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw explainSystemError(error, 'reading', path);
  }
}
