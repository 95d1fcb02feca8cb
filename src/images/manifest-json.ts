import { goJson } from '../formats/oci/go-json.ts';
import type { Descriptor } from '../formats/oci/image.ts';
import { mediaTypes } from '../formats/oci/media-types.ts';

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
