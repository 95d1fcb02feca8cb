import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, isDigest } from '../base/digest.ts';
import { systemCode } from '../base/system-error.ts';
import { artifactKindOf } from './artifact-record.ts';
import type { Row } from './database.ts';
import { diskBytes } from './disk-usage.ts';
import { cacheMountKind, cacheMountLock, cacheMountPath } from './file-cache-mount-store.ts';
import { imageKind, imageRecord } from './image-record-store.ts';
import { artifactPath, digestOfFileName, type StoreLayout } from './layout.ts';
import { allRefs, type DamagedRecord, type StoredRecord } from './record-table.ts';
import { findDeadSessions } from './session.ts';
import type { StoreParts } from './store-parts.ts';
import type { RecordRole, SnapshotRecord, StoreSnapshot, Stray } from './store-snapshot.ts';

/** Looks at everything in the store. Others may change it meanwhile: whoever removes something looks again. */
export async function takeSnapshot(parts: StoreParts): Promise<StoreSnapshot> {
  const { layout, records: table, database, now } = parts;
  const dead = await findDeadSessions(layout, database, { remove: false });
  const deadIds = new Set(dead.map(({ id }) => id));
  // Records first: what they refer to was published before, so it is missing from the files only if it is gone. A file
  // whose record came after is taken for a stray, until the sweep looks again.
  const { rows, refs, holds } = database.transact(() => ({
    rows: table.list(),
    refs: refsByRecord(allRefs(database)),
    holds: holdsOf(database.all('SELECT DISTINCT session, digest FROM holds'), deadIds),
  }));
  const records: SnapshotRecord[] = [];
  const known = new Set<string>();
  for (const row of rows) {
    const place = placeOf(row, layout);
    if (place.path !== undefined) known.add(place.path);
    const bytes = place.path === undefined ? undefined : await diskBytes(place.path);
    const busy = place.role === 'mount' && (await isBusy(parts, row.key));
    records.push(snapshotRecord(row, place, { bytes, busy, refs: refs.get(recordName(row)) ?? [] }));
  }
  const companions = [...(await filesByDigest(layout.sums)), ...(await indexFilesOf(layout))];
  const blobFiles = await filesByDigest(layout.blobs);
  const artifactFiles = await artifactFilesOf(layout);
  const mountFiles = await filesByDigest(layout.cacheMounts);
  const temporaries = await temporaryStrays(layout, deadIds);
  const blobs = new Map([...blobFiles].map(([digest, { bytes }]) => [digest, bytes]));
  const orphans: [Digest, FileOnDisk][] = [];
  for (const [digest, file] of companions) {
    const bytes = blobs.get(digest);
    if (bytes === undefined) orphans.push([digest, file]);
    else blobs.set(digest, bytes + file.bytes);
  }
  const strays: Stray[] = [
    ...temporaries,
    ...orphans.map(([digest, file]) => unreferenced('blob', digest, file)),
    ...artifactFiles
      .filter(({ file }) => !known.has(file.path))
      .map(({ kind, digest, file }) => unreferenced(kind, digest, file)),
    ...[...mountFiles]
      .filter(([, file]) => !known.has(file.path))
      .map(([digest, file]) => unreferenced(cacheMountKind, digest, file)),
  ];
  return { now: now(), blobs, records, holds, strays, recordBytes: await recordBytes(layout) };
}

function recordName({ kind, key }: { readonly kind: string; readonly key: string }): string {
  return `${kind}\0${key}`;
}

function refsByRecord(refs: ReturnType<typeof allRefs>): Map<string, Digest[]> {
  const found = new Map<string, Digest[]>();
  for (const ref of refs) {
    const name = recordName(ref);
    found.set(name, [...(found.get(name) ?? []), ref.digest]);
  }
  return found;
}

function holdsOf(rows: readonly Row[], deadSessions: ReadonlySet<string>): Set<Digest> {
  const holds = new Set<Digest>();
  for (const { session, digest } of rows) if (isDigest(digest) && !deadSessions.has(String(session))) holds.add(digest);
  return holds;
}

interface FileOnDisk {
  readonly path: string;
  readonly bytes: number;
}

interface Place {
  readonly role: RecordRole;
  readonly type: string;
  /** Of the file that the record stands for. */
  readonly path?: string;
}

function placeOf(row: StoredRecord | DamagedRecord, layout: StoreLayout): Place {
  if (row.kind === cacheMountKind) return { role: 'mount', type: row.kind, path: cacheMountPath(layout, row.key) };
  const kind = artifactKindOf(row.kind);
  if (kind !== undefined && isDigest(row.key))
    return { role: 'derived', type: kind, path: artifactPath(layout, kind, row.key) };
  // Images, cache records, pins, and whatever another version may keep: they keep what they refer to.
  return { role: 'root', type: row.kind };
}

function snapshotRecord(
  row: StoredRecord | DamagedRecord,
  place: Place,
  found: { readonly bytes: number | undefined; readonly busy: boolean; readonly refs: readonly Digest[] },
): SnapshotRecord {
  const { role, type, path } = place;
  const base = { role, kind: row.kind, key: row.key, type, bytes: found.bytes ?? 0, busy: found.busy };
  if ('damaged' in row) {
    return { ...base, label: row.key, labels: {}, refs: found.refs, usedAt: 0, useSeq: 0, damaged: true };
  }
  const image = type === imageKind ? imageRecord(row) : undefined;
  return {
    ...base,
    label: row.label,
    labels: image?.labels ?? {},
    ...(image === undefined ? {} : { manifest: image.manifest }),
    refs: [...new Set([...row.refs, ...(role === 'root' ? found.refs : [])])],
    usedAt: row.usedAt,
    useSeq: row.useSeq,
    damaged: path !== undefined && found.bytes === undefined,
  };
}

async function isBusy(parts: StoreParts, key: string): Promise<boolean> {
  const lock = await parts.locks.tryAcquire(cacheMountLock(key));
  await lock?.releaseAndRemove();
  return lock === undefined;
}

async function fileOnDisk(path: string): Promise<FileOnDisk> {
  return { path, bytes: (await diskBytes(path)) ?? 0 };
}

async function filesByDigest(folder: string): Promise<Map<Digest, FileOnDisk>> {
  const found = new Map<Digest, FileOnDisk>();
  for (const name of await namesIn(folder)) {
    const digest = digestOfFileName(name);
    const path = join(folder, name);
    if (digest !== undefined) found.set(digest, await fileOnDisk(path));
  }
  return found;
}

async function indexFilesOf(layout: StoreLayout): Promise<[Digest, FileOnDisk][]> {
  const found: [Digest, FileOnDisk][] = [];
  for (const version of await namesIn(layout.indexes))
    found.push(...(await filesByDigest(join(layout.indexes, version))));
  return found;
}

async function artifactFilesOf(layout: StoreLayout) {
  const found: { kind: string; digest: Digest; file: FileOnDisk }[] = [];
  for (const kind of await namesIn(layout.artifacts)) {
    for (const [digest, file] of await filesByDigest(join(layout.artifacts, kind))) found.push({ kind, digest, file });
  }
  return found;
}

async function temporaryStrays(layout: StoreLayout, deadSessions: ReadonlySet<string>): Promise<Stray[]> {
  const found: Stray[] = [];
  for (const name of await namesIn(layout.sessions)) {
    if (!/^[0-9a-f]{24}$/.test(name)) continue;
    const file = await fileOnDisk(join(layout.sessions, name));
    found.push({ type: 'temporary', ...file, reason: deadSessions.has(name) ? 'abandoned' : 'live' });
  }
  for (const name of await namesIn(layout.trash)) {
    const path = join(layout.trash, name);
    if (/^[0-9a-f]{24}$/.test(name))
      found.push({ type: 'temporary', ...(await fileOnDisk(path)), reason: 'abandoned' });
  }
  for (const [digest, { path, bytes }] of await filesByDigest(layout.damaged)) {
    found.push({ type: 'blob', path, bytes, digest, reason: 'damaged' });
  }
  for (const name of await namesIn(layout.root)) {
    // Left by a process that died while it wrote the format; nobody writes there while our shared lock is held.
    const path = join(layout.root, name);
    if (name.startsWith('.tmp-')) found.push({ type: 'temporary', ...(await fileOnDisk(path)), reason: 'abandoned' });
  }
  return found;
}

async function recordBytes(layout: StoreLayout): Promise<number> {
  const { database, reserve, formatFile } = layout;
  let bytes = 0;
  for (const path of [database, `${database}-wal`, `${database}-shm`, reserve, formatFile])
    bytes += (await diskBytes(path)) ?? 0;
  return bytes;
}

function unreferenced(type: string, digest: Digest, file: FileOnDisk): Stray {
  return { type, path: file.path, bytes: file.bytes, digest, reason: 'unreferenced' };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
