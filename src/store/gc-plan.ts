import type { Digest } from '../base/digest.ts';
import { defaultGcTypes, type GcPolicy, type GcReason, type LabelFilter } from './gc-policy.ts';
import type { SnapshotRecord, StoreSnapshot, Stray } from './store-snapshot.ts';

/** What a gc is to remove. */
export interface GcPlan {
  readonly records: readonly { readonly record: SnapshotRecord; readonly reason: GcReason }[];
  readonly blobs: readonly { readonly digest: Digest; readonly bytes: number }[];
  readonly strays: readonly Stray[];
  readonly freedBytes: number;
  readonly keptBytes: number;
}

/**
 * Decides what goes. Roots (images, cache records, pins) and leases keep what they refer to; artifacts are kept as long
 * as all that they were made from is. Then the policy takes records, least recently used first, and what only they kept.
 */
export function planGc(snapshot: StoreSnapshot, policy: GcPolicy): GcPlan {
  const marks = new Marks(snapshot);
  marks.removeUseless();
  const candidates = policyCandidates(snapshot, policy, marks);
  const worthwhile =
    policy.keepBytes === undefined ? candidates : candidates.filter(canFree(snapshot, candidates, marks));
  const reason: GcReason = policy.keepBytes === undefined ? 'policy' : 'size';
  for (const record of worthwhile) {
    if (policy.keepBytes !== undefined && marks.keptBytes <= policy.keepBytes) break;
    marks.remove(record, reason);
  }
  return marks.plan();
}

/** The state of the decision: what is still referred to, and what goes. */
class Marks {
  readonly #snapshot: StoreSnapshot;
  /** How many kept roots and leases refer to a digest. */
  readonly #counts = new Map<Digest, number>();
  /** Artifacts by what they were made from. */
  readonly #dependents = new Map<Digest, SnapshotRecord[]>();
  readonly #removed = new Map<SnapshotRecord, GcReason>();
  readonly #strays: readonly Stray[];
  keptBytes = 0;
  #freedBytes = 0;

  constructor(snapshot: StoreSnapshot) {
    this.#snapshot = snapshot;
    this.#strays = snapshot.strays.filter((stray) => stray.reason !== 'live' && !isHeldStray(stray, snapshot));
    for (const digest of snapshot.holds) this.#count(digest, 1);
    for (const record of snapshot.records) {
      for (const ref of new Set(record.refs)) {
        if (record.role === 'root') this.#count(ref, 1);
        else if (record.role === 'derived') append(this.#dependents, ref, record);
      }
    }
    this.keptBytes = totalBytes(snapshot);
    for (const [digest, bytes] of snapshot.blobs) if (!this.isReferred(digest)) this.#free(bytes);
    for (const stray of this.#strays) this.#free(stray.bytes);
  }

  isReferred(digest: Digest): boolean {
    return (this.#counts.get(digest) ?? 0) > 0;
  }

  isRemoved(record: SnapshotRecord): boolean {
    return this.#removed.has(record);
  }

  /** Whether somebody has it in his hands now. */
  isInUse(record: SnapshotRecord): boolean {
    return record.busy || (record.role === 'derived' && this.isReferred(record.key as Digest));
  }

  /** Takes what serves nobody whatever the policy is. */
  removeUseless(): void {
    const { records, blobs } = this.#snapshot;
    for (const record of records) {
      if (record.type === 'cache' && (record.damaged || record.refs.some((ref) => !blobs.has(ref)))) {
        this.remove(record, 'damaged');
      }
    }
    for (const record of records) {
      if (record.role === 'root' || this.isInUse(record)) continue;
      if (record.damaged) this.remove(record, 'damaged');
      else if (record.refs.some((ref) => !this.isReferred(ref))) this.remove(record, 'unreferenced');
    }
  }

  /** Takes a record, and what only it kept. */
  remove(record: SnapshotRecord, reason: GcReason): void {
    if (this.#removed.has(record)) return;
    this.#removed.set(record, reason);
    this.#free(record.bytes);
    if (record.role !== 'root') return;
    for (const ref of new Set(record.refs)) {
      this.#count(ref, -1);
      if (this.isReferred(ref)) continue;
      this.#free(this.#snapshot.blobs.get(ref) ?? 0);
      for (const dependent of this.#dependents.get(ref) ?? []) {
        if (!this.isInUse(dependent)) this.remove(dependent, 'unreferenced');
      }
    }
  }

  plan(): GcPlan {
    return {
      records: [...this.#removed].map(([record, reason]) => ({ record, reason })),
      blobs: [...this.#snapshot.blobs]
        .filter(([digest]) => !this.isReferred(digest))
        .map(([digest, bytes]) => ({ digest, bytes })),
      strays: this.#strays,
      freedBytes: this.#freedBytes,
      keptBytes: this.keptBytes,
    };
  }

  #count(digest: Digest, by: number): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + by);
  }

  #free(bytes: number): void {
    this.#freedBytes += bytes;
    this.keptBytes -= bytes;
  }
}

/** Everything that the store has on disk. */
export function totalBytes(snapshot: StoreSnapshot): number {
  let total = snapshot.recordBytes;
  for (const bytes of snapshot.blobs.values()) total += bytes;
  for (const record of snapshot.records) total += record.bytes;
  for (const stray of snapshot.strays) total += stray.bytes;
  return total;
}

function isHeldStray(stray: Stray, snapshot: StoreSnapshot): boolean {
  return stray.digest !== undefined && stray.reason === 'unreferenced' && snapshot.holds.has(stray.digest);
}

const removableRoots: ReadonlySet<string> = new Set(['image', 'cache']);

/** What the policy lets go, least recently used first. */
function policyCandidates(snapshot: StoreSnapshot, policy: GcPolicy, marks: Marks): SnapshotRecord[] {
  const { types, unusedForMs, keepBytes, labels = [], dangling } = policy;
  const asked = [types, unusedForMs, keepBytes, policy.labels, dangling].some((value) => value !== undefined);
  if (!asked) return [];
  const wanted = new Set(types ?? (labels.length > 0 || dangling ? ['image'] : defaultGcTypes));
  return snapshot.records
    .filter((record) => {
      if (record.role === 'root' && !removableRoots.has(record.type)) return false;
      if (!wanted.has(record.type)) return false;
      if (marks.isRemoved(record) || marks.isInUse(record)) return false;
      if (unusedForMs !== undefined && snapshot.now - record.usedAt < unusedForMs) return false;
      if (dangling && !(record.type === 'image' && record.key.startsWith('sha256:'))) return false;
      return labels.every((filter) => matchesLabel(record, filter));
    })
    .sort((a, b) => a.useSeq - b.useSeq || compare(a.kind, b.kind) || compare(a.key, b.key));
}

function matchesLabel(record: SnapshotRecord, filter: LabelFilter): boolean {
  const value = Object.hasOwn(record.labels, filter.name) ? record.labels[filter.name] : undefined;
  const matches = value !== undefined && (filter.value === undefined || value === filter.value);
  return matches !== filter.negated;
}

/** False for records whose removal, even with that of all other candidates, frees nothing. */
function canFree(
  snapshot: StoreSnapshot,
  candidates: readonly SnapshotRecord[],
  marks: Marks,
): (record: SnapshotRecord) => boolean {
  const goes = new Set(candidates);
  const fixed = new Set(snapshot.holds);
  for (const record of snapshot.records) {
    if (record.role === 'root' && !goes.has(record) && !marks.isRemoved(record))
      for (const ref of record.refs) fixed.add(ref);
  }
  return (record) => record.bytes > 0 || record.refs.some((ref) => !fixed.has(ref));
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
