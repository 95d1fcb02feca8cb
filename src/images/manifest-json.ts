import { type Digest, sha256 } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { goJson } from '../formats/oci/go-json.ts';
import type { Descriptor } from '../formats/oci/image.ts';
import { mediaTypes } from '../formats/oci/media-types.ts';
import type { Store } from '../store/store.ts';

/** The bytes of an OCI image manifest, as BuildKit writes them. */
export function manifestJson(
  config: Pick<Descriptor, 'digest' | 'size'>,
  layers: readonly Pick<Descriptor, 'mediaType' | 'digest' | 'size'>[],
): Buffer {
  return Buffer.from(
    goJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
        layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      },
      2,
    ),
  );
}

/** Descriptors of layers as the store has them. Throws BLOB_MISSING. */
export async function plainLayers(store: Store, diffIds: readonly Digest[]): Promise<readonly Descriptor[]> {
  const descriptors: Descriptor[] = [];
  for (const digest of diffIds) {
    const info = await store.content.has(digest);
    if (info === undefined) throw new FirekilnError('BLOB_MISSING', `the layer ${digest} is not in the store`);
    descriptors.push({ mediaType: mediaTypes.ociLayer, digest, size: info.size });
  }
  return descriptors;
}

/** What the manifest of an image with that config and those layers of the store would have for a digest. */
export async function manifestDigestOf(store: Store, config: Uint8Array, diffIds: readonly Digest[]): Promise<Digest> {
  const descriptor = { digest: sha256(config), size: config.length };
  return sha256(manifestJson(descriptor, await plainLayers(store, diffIds)));
}
