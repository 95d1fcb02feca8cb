import type { Digest } from '../../base/digest.ts';
import { formatPlatform, platformRank } from '../../formats/oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { ResolvedImage, ResolveOptions } from '../image-source.ts';
import type { ChosenImage } from './choose-image.ts';
import type { DocumentPlace } from './document-place.ts';
import { importLayers } from './import-layers.ts';

export interface ResolvedFrom {
  readonly store: Store;
  readonly place: DocumentPlace;
  readonly image: ChosenImage;
  readonly name: string;
  readonly origin: ResolvedImage['origin'];
  readonly location: string;
  /** The name that the image has in the store once its layers are there; undefined: it is given none. */
  readonly tag: string | undefined;
}

/** An image whose documents are known, and whose layers come when they are asked for. */
export function resolvedImage(from: ResolvedFrom, options: ResolveOptions): ResolvedImage {
  const { store, place, image, name, origin, location } = from;
  const { config, manifestDigest } = image;
  if (image.isOnlyOne && platformRank(options.platform, config) === undefined) {
    const wanted = formatPlatform(options.platform);
    options.emitter.message('warn', `${name} is an image for ${formatPlatform(config)}, not for ${wanted}`);
  }
  return {
    name,
    origin,
    location,
    manifestDigest,
    config,
    layers: async (how) => {
      await using _lease = await store.lease(`pulling ${name}`);
      const layers = await importLayers(store, place, image, how);
      if (from.tag !== undefined) await keepImage(store, image, [from.tag], layers);
      return layers;
    },
  };
}

/** Gives names to an image whose layers are in the store; the manifest stays the one it came with. */
async function keepImage(
  store: Store,
  image: Pick<ChosenImage, 'manifestBytes' | 'configBytes' | 'manifest' | 'config' | 'manifestDigest'>,
  names: readonly string[],
  layers: readonly Digest[],
): Promise<void> {
  const config = image.manifest.config.digest;
  await store.content.put([image.manifestBytes], { expected: image.manifestDigest });
  await store.content.put([image.configBytes], { expected: config });
  const labels = image.config.config?.Labels ?? {};
  await store.images.tag(names, { manifest: image.manifestDigest, refs: [config, ...layers], labels });
}
