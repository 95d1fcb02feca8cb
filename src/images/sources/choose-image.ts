import { type Digest, sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Descriptor, ImageConfigFile, ImageIndex, ImageManifest, Platform } from '../../formats/oci/image.ts';
import { maxConfigBytes, maxIndexDepth, maxManifestBytes } from '../../formats/oci/limits.ts';
import { parseImageConfig } from '../../formats/oci/parse-config.ts';
import { parseManifestDocument } from '../../formats/oci/parse-manifest.ts';
import { formatPlatform, platformRank } from '../../formats/oci/platform.ts';
import { offeredPlatforms, selectManifests } from '../../formats/oci/select-manifest.ts';
import { type DocumentPlace, type RootDocument, readDocument } from './document-place.ts';

/** An image of one platform, its documents verified. */
export interface ChosenImage {
  readonly manifestDigest: Digest;
  readonly manifestBytes: Uint8Array;
  readonly manifest: ImageManifest;
  readonly configBytes: Uint8Array;
  readonly config: ImageConfigFile;
  /** The index did not have to be asked: the image is for this platform, whatever was wanted. */
  readonly isOnlyOne: boolean;
}

/**
 * The image for a platform that a manifest or an index leads to. A manifest that is no part of an index is taken
 * whatever it is for, as docker takes it. Throws BASE_NOT_FOUND if an index has nothing for the platform.
 */
export async function chooseImage(
  place: DocumentPlace,
  root: RootDocument,
  platform: Platform,
  signal?: AbortSignal,
): Promise<ChosenImage> {
  const offered: string[] = [];
  const found = await choose({ place, platform, signal, offered }, root, 0);
  if (found !== undefined) return found;
  const has = offered.length === 0 ? 'it has none for any platform' : `it has ${offered.join(', ')}`;
  throw new FirekilnError('BASE_NOT_FOUND', `${place.subject} has no image for ${formatPlatform(platform)}: ${has}`);
}

interface Search {
  readonly place: DocumentPlace;
  readonly platform: Platform;
  readonly signal: AbortSignal | undefined;
  /** What was passed over, for the message. */
  readonly offered: string[];
}

async function choose(search: Search, root: RootDocument, depth: number): Promise<ChosenImage | undefined> {
  const subject = `manifest of ${search.place.subject}`;
  const document = parseManifestDocument(root.bytes, { subject, claimedType: root.claimedType });
  if (document.kind === 'index') return await chooseFromIndex(search, document.index, depth + 1);
  return await readImage(search, root, document.manifest, depth === 0);
}

async function chooseFromIndex(search: Search, index: ImageIndex, depth: number): Promise<ChosenImage | undefined> {
  const { place, platform, signal } = search;
  if (depth > maxIndexDepth) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${place.subject}: indexes within indexes, more than ${maxIndexDepth}`);
  }
  search.offered.push(...offeredPlatforms(index).filter((it) => !search.offered.includes(it)));
  for (const { descriptor, rank } of selectManifests(index, platform)) {
    const found = await choose(search, await readRoot(place, descriptor, signal), depth);
    if (found === undefined) continue;
    // An entry without a platform is known only by its config.
    if (rank !== undefined || platformRank(platform, found.config) !== undefined) return found;
    search.offered.push(formatPlatform(found.config));
  }
  return undefined;
}

/** A manifest or an index by its descriptor, verified. */
export async function readRoot(
  place: DocumentPlace,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<RootDocument> {
  const { digest, size, mediaType } = descriptor;
  const document = place.document;
  const options = { what: 'manifest', maxBytes: maxManifestBytes, signal };
  const from: DocumentPlace =
    document === undefined ? place : { subject: place.subject, blob: () => once(document(descriptor, signal)) };
  return { bytes: await readDocument(from, { digest, size }, options), digest, claimedType: mediaType };
}

async function* once(bytes: Promise<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield await bytes;
}

async function readImage(
  { place, signal }: Search,
  root: RootDocument,
  manifest: ImageManifest,
  isOnlyOne: boolean,
): Promise<ChosenImage> {
  const configBytes = await readDocument(place, manifest.config, { what: 'config', maxBytes: maxConfigBytes, signal });
  const config = parseImageConfig(configBytes, `config of ${place.subject}`);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw new FirekilnError(
      'OCI_INVALID',
      `manifest of ${place.subject}: ${manifest.layers.length} layers, its config has ${diffIds.length}`,
    );
  }
  const manifestDigest = sha256(root.bytes);
  return { manifestDigest, manifestBytes: root.bytes, manifest, configBytes, config, isOnlyOne };
}
