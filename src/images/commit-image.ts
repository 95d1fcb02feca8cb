import { parseImageConfig } from '../formats/oci/parse-config.ts';
import { parseManifestDocument } from '../formats/oci/parse-manifest.ts';
import type { Store } from '../store/store.ts';
import { configJson } from './config-json.ts';
import type { ImageCommit, StoredImage } from './image.ts';
import { manifestJson, plainLayers } from './manifest-json.ts';
import { metadataJson } from './metadata-json.ts';

/**
 * Makes an image of layers that are in the store: its config, manifest and metadata, and all its names in one atomic
 * step. An image without names is kept under the digest of its config. Throws BLOB_MISSING, and
 * LIMIT_EXCEEDED for a config that is too large.
 */
export async function commitImage(store: Store, commit: ImageCommit): Promise<StoredImage> {
  await using lease = await store.lease('committing an image');
  await lease.hold(...commit.layers);
  const descriptors = await plainLayers(store, commit.layers);
  const configBytes = configJson(commit);
  // Before anything is kept: what can't be read again must not get a name.
  const parsedConfig = parseImageConfig(configBytes, 'the config of the image');
  const config = await store.content.put([configBytes]);
  const manifestBytes = manifestJson(config, descriptors);
  const manifest = await store.content.put([manifestBytes]);
  const metadata = await store.content.put([metadataJson(commit.metadata)]);
  const labels = commit.config.Labels ?? {};
  const names = commit.tags.length > 0 ? commit.tags : [config.digest];
  await store.images.tag(names, {
    manifest: manifest.digest,
    refs: [config.digest, ...commit.layers, metadata.digest],
    metadata: metadata.digest,
    labels,
  });
  // It has a name now.
  if (commit.tags.length > 0) await store.images.untag(config.digest);
  const document = parseManifestDocument(manifestBytes, { subject: 'manifest' });
  if (document.kind !== 'manifest') throw new Error('an image has an index for a manifest');
  const name = names[0] ?? config.digest;
  const record = await store.images.resolve(name);
  return {
    name,
    manifestDigest: manifest.digest,
    manifest: document.manifest,
    id: config.digest,
    config: parsedConfig,
    layers: commit.layers,
    metadata: commit.metadata,
    createdAt: record?.createdAt ?? Date.now(),
  };
}
