import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';

/** What lies in a store, found without the store's own code: records are rows, blobs are files named for their digest. */
export interface StoreAudit {
  /** Manifest digests of the tagged images. */
  readonly images: ReadonlyMap<string, string>;
  /** Hex digest of the content by `kind/key`; of those that are files. */
  readonly artifacts: ReadonlyMap<string, string>;
}

interface StoredRow {
  readonly kind: string;
  readonly key: string;
  readonly refs: readonly string[];
  readonly value: { readonly manifest?: string; readonly metadata?: string } | undefined;
}

/**
 * Compares the files of a store that was just purged, and that nobody uses, with what its records refer to by a walk of
 * our own: manifests, configs and layers are read as OCI says. Every blob has its digest, and nothing else is there.
 */
export function auditStore(dataDir: string): StoreAudit {
  const root = join(dataDir, 'store');
  const rows = readRows(join(root, 'records.db'));
  const sums = new Map(namesIn(root, 'blobs/sha256').map((name) => [name, sha256(join(root, 'blobs/sha256', name))]));
  expect([...sums].filter(([name, sum]) => name !== sum)).toEqual([]);

  const referred = new Set<string>();
  const images = new Map<string, string>();
  const artifactKeys = new Set(rows.filter(({ kind }) => kind.startsWith('artifact:')).map(({ key }) => key));
  for (const { kind, key, refs, value } of rows) {
    // Pins keep artifacts too.
    const kept = kind === 'pin' ? refs.filter((ref) => !artifactKeys.has(ref)) : kind === 'cache' ? refs : [];
    for (const ref of kept) referred.add(hex(ref));
    if (kind !== 'image' || value?.manifest === undefined) continue;
    images.set(key, value.manifest);
    const own = [value.manifest, ...(value.metadata === undefined ? [] : [value.metadata])];
    for (const digest of [...own, ...contentOf(root, value.manifest)]) referred.add(hex(digest));
  }
  const blobs = new Set(sums.keys());
  expect([...referred].filter((name) => !blobs.has(name))).toEqual([]);
  expect([...blobs].filter((name) => !referred.has(name))).toEqual([]);
  for (const folder of ['sums', ...namesIn(root, 'indexes').map((version) => `indexes/${version}`)]) {
    expect(namesIn(root, folder).filter((name) => !blobs.has(name))).toEqual([]);
  }
  for (const folder of ['sessions', 'locks', 'trash', 'damaged']) {
    expect([folder, namesIn(root, folder)]).toEqual([folder, []]);
  }
  expect(namesIn(root, '').filter((name) => name.startsWith('.tmp'))).toEqual([]);
  return { images, artifacts: auditArtifacts(root, rows, blobs) };
}

/** The files of artifacts are those of the records, which refer to nothing that is gone. */
function auditArtifacts(root: string, rows: readonly StoredRow[], blobs: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const kind of namesIn(root, 'artifacts')) {
    const made = rows.filter((row) => row.kind === `artifact:${kind}`);
    expect([kind, namesIn(root, `artifacts/${kind}`)]).toEqual([kind, made.map(({ key }) => hex(key)).sort()]);
    expect(made.flatMap(({ refs }) => refs.filter((ref) => !blobs.has(hex(ref))))).toEqual([]);
    for (const { key } of made) {
      const path = join(root, 'artifacts', kind, hex(key));
      if (statSync(path).isFile()) found.set(`${kind}/${hex(key)}`, sha256(path));
    }
  }
  return found;
}

/** The config and the layers, uncompressed as a store keeps them, of a manifest. */
function contentOf(root: string, manifest: string): string[] {
  const { config } = readJson<{ config: { digest: string } }>(root, manifest);
  const { rootfs } = readJson<{ rootfs: { diff_ids: string[] } }>(root, config.digest);
  return [config.digest, ...rootfs.diff_ids];
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the document
function readJson<T>(root: string, digest: string): T {
  return JSON.parse(readFileSync(join(root, 'blobs/sha256', hex(digest)), 'utf8')) as T;
}

function readRows(path: string): StoredRow[] {
  using database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('SELECT count(*) AS n FROM holds').all()).toEqual([{ n: 0 }]);
  return database
    .prepare('SELECT kind, key, body FROM records')
    .all()
    .map(({ kind, key, body }) => ({ kind: String(kind), key: String(key), ...JSON.parse(String(body)) }) as StoredRow);
}

function namesIn(root: string, folder: string): string[] {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}

export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
