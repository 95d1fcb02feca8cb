import { formatPlatform } from '../formats/oci/platform.ts';
import type { ListedImage } from './list-images.ts';
import { shownName } from './shown-name.ts';

/** What `images` and `inspect` tell of an image. */
export interface ImageDescription {
  readonly id: string;
  /** As people write them. */
  readonly names: readonly string[];
  /** Of the manifest: what a registry knows it by. */
  readonly digest: string;
  /** RFC 3339; as the config has it. */
  readonly created: string | undefined;
  readonly platform: string;
  /** Bytes on disk, with the segments made from its layers. */
  readonly size: number;
  /** The part that other images need too, and the part that goes with this one. */
  readonly sharedSize: number;
  readonly ownSize: number;
  readonly labels: Readonly<Record<string, string>>;
}

export function describeImage({ image, names, bytes, sharedBytes, ownBytes }: ListedImage): ImageDescription {
  return {
    id: image.id,
    names: names.map(shownName),
    digest: image.manifestDigest,
    created: image.config.created,
    platform: formatPlatform(image.config),
    size: bytes,
    sharedSize: sharedBytes,
    ownSize: ownBytes,
    labels: image.config.config?.Labels ?? {},
  };
}
