import type { Digest } from '../base/digest.ts';
import { planGc, totalBytes } from './gc-plan.ts';
import type { StoreSnapshot } from './store-snapshot.ts';
import type { ImageUsage, StoreUsage, TypeUsage } from './usage.ts';

/** Adds up where the bytes are. What several types refer to counts for the first of image, pin, cache. */
export function measureUsage(snapshot: StoreSnapshot): StoreUsage {
  return { images: imageUsages(snapshot), types: typeUsages(snapshot), totalBytes: totalBytes(snapshot) };
}

function imageUsages(snapshot: StoreSnapshot): ImageUsage[] {
  const images = snapshot.records.flatMap((record) =>
    record.manifest === undefined ? [] : [{ ...record, manifest: record.manifest }],
  );
  // Names of one manifest are one image: they don't share with each other.
  const byManifest = new Map<Digest, Map<string, number>>();
  const users = new Map<string, number>();
  for (const image of images) {
    if (byManifest.has(image.manifest)) continue;
    const parts = partsOf(new Set(image.refs), snapshot);
    byManifest.set(image.manifest, parts);
    for (const part of parts.keys()) users.set(part, (users.get(part) ?? 0) + 1);
  }
  return images.map(({ key, manifest }) => {
    let bytes = 0;
    let sharedBytes = 0;
    for (const [part, size] of byManifest.get(manifest) ?? []) {
      bytes += size;
      if ((users.get(part) ?? 0) > 1) sharedBytes += size;
    }
    return { name: key, manifest, bytes, sharedBytes, ownBytes: bytes - sharedBytes };
  });
}

/** The blobs that an image refers to, and the artifacts made of its layers only, with their sizes. */
function partsOf(refs: ReadonlySet<Digest>, snapshot: StoreSnapshot): Map<string, number> {
  const parts = new Map<string, number>();
  for (const ref of refs) parts.set(ref, snapshot.blobs.get(ref) ?? 0);
  for (const record of snapshot.records) {
    if (record.role !== 'derived' || record.refs.length === 0) continue;
    if (record.refs.every((ref) => refs.has(ref))) parts.set(`${record.kind} ${record.key}`, record.bytes);
  }
  return parts;
}

/** In the order in which they claim blobs. */
const claimants = ['image', 'pin', 'cache'];

function typeUsages(snapshot: StoreSnapshot): TypeUsage[] {
  const usages = new Map<string, { count: number; bytes: number; reclaimableBytes: number }>();
  const add = (type: string, count: number, bytes: number, reclaimableBytes = 0) => {
    const usage = usages.get(type) ?? { count: 0, bytes: 0, reclaimableBytes: 0 };
    usage.count += count;
    usage.bytes += bytes;
    usage.reclaimableBytes += reclaimableBytes;
    usages.set(type, usage);
  };
  for (const type of claimants) add(type, 0, 0);
  for (const { type, bytes } of snapshot.records) add(type, 1, bytes);

  const owners = new Map<Digest, string>();
  for (const type of claimants) {
    for (const record of snapshot.records) {
      if (record.type === type) for (const ref of record.refs) if (!owners.has(ref)) owners.set(ref, type);
    }
  }
  const garbage = planGc(snapshot, {});
  const unreferenced = new Set(garbage.blobs.map(({ digest }) => digest));
  for (const [digest, bytes] of snapshot.blobs) {
    const owner = owners.get(digest);
    if (owner !== undefined) add(owner, 0, bytes);
    else add('blob', 1, bytes, unreferenced.has(digest) ? bytes : 0);
  }
  for (const stray of snapshot.strays)
    add(stray.type, 1, stray.bytes, garbage.strays.includes(stray) ? stray.bytes : 0);
  for (const type of new Set(snapshot.records.map((record) => record.type))) {
    add(type, 0, 0, planGc(snapshot, { types: [type] }).freedBytes - garbage.freedBytes);
  }
  add('records', 1, snapshot.recordBytes);
  return [...usages].map(([type, usage]) => ({ type, ...usage })).sort((a, b) => (a.type < b.type ? -1 : 1));
}
