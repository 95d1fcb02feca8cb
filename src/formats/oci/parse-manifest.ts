import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { compact } from './compact.ts';
import type { Descriptor, ImageIndex, ImageManifest, Platform } from './image.ts';
import { JsonReader } from './json-reader.ts';
import { maxIndexEntries, maxLayers, maxManifestBytes } from './limits.ts';
import { indexTypes, manifestTypes, mediaTypes } from './media-types.ts';

export type ManifestDocument =
  | { readonly kind: 'index'; readonly mediaType: string; readonly index: ImageIndex }
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly manifest: ImageManifest };

/**
 * Reads a manifest or an index of OCI or Docker (schema 2). `claimedType` is what the place said of it: a
 * Content-Type, the type of a descriptor. What the bytes say themselves counts, and a claim of another known type is
 * refused, so that one digest can't be read as two different images (GHSA-77vh-xpmg-72qh). Throws OCI_INVALID,
 * OCI_UNSUPPORTED or LIMIT_EXCEEDED.
 */
export function parseManifestDocument(
  bytes: Uint8Array,
  options: { readonly subject: string; readonly claimedType?: string | undefined },
): ManifestDocument {
  const { subject } = options;
  if (bytes.length > maxManifestBytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${subject}: ${bytes.length} bytes, more than ${maxManifestBytes}`);
  }
  const json = JsonReader.parse(bytes, subject);
  const ownType = json.member('mediaType').optional((it) => it.string());
  refuseSchema1(json, ownType, subject);
  if (json.member('schemaVersion').count() !== 2) throw json.member('schemaVersion').fail('2');

  const isIndex = !json.member('manifests').isAbsent || (ownType !== undefined && indexTypes.includes(ownType));
  const hasImageParts = !json.member('layers').isAbsent || !json.member('config').isAbsent;
  if (isIndex && hasImageParts) throw new FirekilnError('OCI_INVALID', `${subject}: both an index and a manifest`);
  const known = isIndex ? indexTypes : manifestTypes;
  const fallback = isIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  const claimed = options.claimedType?.split(';')[0]?.trim().toLowerCase();
  const claimIsKnown = claimed !== undefined && [...indexTypes, ...manifestTypes].includes(claimed);
  const mediaType = ownType ?? (claimIsKnown ? claimed : fallback);
  if (!known.includes(mediaType)) throw json.member('mediaType').fail(known.join(' or '));
  if (claimIsKnown && claimed !== mediaType) {
    throw new FirekilnError('OCI_INVALID', `${subject}: offered as ${claimed}, but it says of itself ${mediaType}`);
  }
  return isIndex
    ? { kind: 'index', mediaType, index: readIndex(json) }
    : { kind: 'manifest', mediaType, manifest: readManifest(json, subject) };
}

function refuseSchema1(json: JsonReader, ownType: string | undefined, subject: string): void {
  const isSchema1 =
    json.member('schemaVersion').value === 1 ||
    ownType?.startsWith('application/vnd.docker.distribution.manifest.v1') === true;
  if (!isSchema1) return;
  throw new FirekilnError('OCI_UNSUPPORTED', `${subject}: a Docker schema 1 manifest, obsolete since 2016`, {
    hint: 'Push the image again with a current tool.',
  });
}

function readIndex(json: JsonReader): ImageIndex {
  return compact({
    schemaVersion: 2 as const,
    mediaType: json.member('mediaType').optional((it) => it.string()),
    manifests: json.member('manifests').items(maxIndexEntries).map(readDescriptor),
    annotations: json.member('annotations').optional((it) => it.stringMap()),
  });
}

function readManifest(json: JsonReader, subject: string): ImageManifest {
  const config = readDescriptor(json.member('config'));
  const artifactType = json.member('artifactType').optional((it) => it.string());
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig) {
    const what = artifactType ?? config.mediaType;
    throw new FirekilnError('OCI_UNSUPPORTED', `${subject}: an artifact of type ${what}, not an image`);
  }
  return compact({
    schemaVersion: 2 as const,
    mediaType: json.member('mediaType').optional((it) => it.string()),
    config,
    layers: json.member('layers').items(maxLayers).map(readDescriptor),
    annotations: json.member('annotations').optional((it) => it.stringMap()),
  });
}

function readDescriptor(json: JsonReader): Descriptor {
  return compact({
    mediaType: json.member('mediaType').string(),
    digest: json.member('digest').digest(),
    size: json.member('size').count(),
    urls: json.member('urls').optional((it) => it.strings(64)),
    annotations: json.member('annotations').optional((it) => it.stringMap()),
    platform: json.member('platform').optional(readPlatform),
  });
}

function readPlatform(json: JsonReader): Platform {
  return compact({
    os: json.member('os').optional((it) => it.string()) ?? '',
    architecture: json.member('architecture').optional((it) => it.string()) ?? '',
    variant: nonEmpty(json.member('variant').optional((it) => it.string())),
    'os.version': nonEmpty(json.member('os.version').optional((it) => it.string())),
    'os.features': json.member('os.features').optional((it) => it.strings(64)),
  });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
