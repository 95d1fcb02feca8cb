import { type Digest, isDigest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { maxConfigBytes, maxManifestBytes } from '../formats/oci/limits.ts';
import { parseImageConfig } from '../formats/oci/parse-config.ts';
import { parseManifestDocument } from '../formats/oci/parse-manifest.ts';
import { formatReference, parseReference, withDefaultTag } from '../formats/oci/reference.ts';
import type { ImageRecord, Store } from '../store/store.ts';
import type { StoredImage } from './image.ts';
import { maxMetadataBytes, parseMetadata } from './metadata-json.ts';

/**
 * An image of the store, by its name in any form, its id (the digest of its config, with or without `sha256:`), a
 * beginning of the id, or `name@digest` of its manifest; a name goes before an id. Undefined if there is none. Throws
 * IMAGE_AMBIGUOUS for a beginning of several ids, REFERENCE_INVALID for what can be neither, and BLOB_MISSING or
 * BLOB_CORRUPT if a part of the image is gone.
 */
export async function loadImage(store: Store, name: string): Promise<StoredImage | undefined> {
  const record = await findRecord(store, name);
  return record === undefined ? undefined : await readImage(store, record);
}

/** The record that a name or an id leads to; see {@link loadImage}. */
export async function findRecord(store: Store, name: string): Promise<ImageRecord | undefined> {
  const reference = referenceOf(name);
  if (reference !== undefined) {
    const found = await store.images.resolve(formatReference(withDefaultTag(reference)));
    if (found !== undefined) return found;
  }
  const records = await store.images.list();
  if (reference?.digest !== undefined) {
    const start = formatReference({ domain: reference.domain, path: reference.path });
    const ofPath = records.filter((it) => it.name.startsWith(`${start}:`) || it.name.startsWith(`${start}@`));
    return ofPath.find(({ manifest }) => manifest === reference.digest);
  }
  const found = recordsWithId(records, name);
  const ids = new Set(found.map(idOf));
  if (ids.size > 1) {
    throw new FirekilnError('IMAGE_AMBIGUOUS', `${name} is the beginning of the ids of ${ids.size} images`, {
      details: [...ids],
    });
  }
  if (found.length === 0 && reference === undefined) parseReference(name);
  return found[0] === undefined ? undefined : await store.images.resolve(found[0].name);
}

/** Records of images whose id is, or begins with, what the text says; none if the text is no id. */
export function recordsWithId(records: readonly ImageRecord[], text: string): readonly ImageRecord[] {
  const hex = /^(?:sha256:)?([0-9a-f]{2,64})$/.exec(text)?.[1];
  if (hex === undefined) return [];
  return records.filter((record) => idOf(record).startsWith(`sha256:${hex}`));
}

/** The digest of the config: by convention the first of the record's refs. */
export function idOf(record: ImageRecord): Digest {
  return record.refs[0] ?? record.manifest;
}

async function readImage(store: Store, record: ImageRecord): Promise<StoredImage> {
  const { name, manifest: manifestDigest, createdAt } = record;
  const manifestBytes = await store.content.readAll(manifestDigest, maxManifestBytes);
  const document = parseManifestDocument(manifestBytes, { subject: `manifest of ${name}` });
  if (document.kind !== 'manifest') throw new FirekilnError('OCI_INVALID', `manifest of ${name}: it is an index`);
  const { manifest } = document;
  const id = manifest.config.digest;
  const config = parseImageConfig(await store.content.readAll(id, maxConfigBytes), `config of ${name}`);
  const metadata =
    record.metadata === undefined
      ? undefined
      : parseMetadata(await store.content.readAll(record.metadata, maxMetadataBytes), `metadata of ${name}`);
  const layers = config.rootfs.diff_ids;
  return { name, manifestDigest, manifest, id, config, layers, metadata, createdAt };
}

function referenceOf(name: string) {
  // An id by its digest would be read as a path with a tag.
  if (isDigest(name)) return undefined;
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}
