import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { JsonReader } from '../formats/oci/json-reader.ts';
import type { ImageMetadata } from './image.ts';

export const maxMetadataBytes = 4 << 20;

const maxBases = 10_000;

export function metadataJson(metadata: ImageMetadata): Buffer {
  return Buffer.from(`${JSON.stringify(metadata, null, 2)}\n`);
}

/** Throws OCI_INVALID for what is no metadata, and for that of a version to come. */
export function parseMetadata(bytes: Uint8Array, subject: string): ImageMetadata {
  const json = JsonReader.parse(bytes, subject);
  if (json.member('version').count() !== 1) {
    throw new FirekilnError('OCI_INVALID', `${subject}: written by a newer version of Firekiln`);
  }
  const provenance = json.member('provenance');
  const text = <N extends string>(name: N) => {
    const value = provenance.member(name).optional((it) => it.string());
    return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: string };
  };
  return {
    version: 1,
    tags: json.member('tags').strings(maxBases),
    provenance: {
      dockerfile: provenance.member('dockerfile').string(),
      ...text('context'),
      ...text('commit'),
      ...text('target'),
      bases: provenance
        .member('bases')
        .items(maxBases)
        .map((base) => ({
          name: base.member('name').string(),
          origin: base.member('origin').string(),
          location: base.member('location').string(),
          digest: base.member('digest').digest(),
        })),
    },
    firekiln: json.member('firekiln').string(),
  };
}
