import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { formatPlatform, platformRank } from '../../formats/oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { StoredImage } from '../image.ts';
import type { ImageSource } from '../image-source.ts';
import { loadImage } from '../load-image.ts';

/** Images that were built here, or pulled before. One with damaged or missing parts counts as not here. */
export function imageStoreSource(store: Store): ImageSource {
  return {
    description: 'image store',
    async resolve(name, { platform, emitter }) {
      const image = await loadWhole(store, name).catch((error: unknown) => {
        if (!isLoss(error)) throw error;
        emitter.message('warn', `${name} in the image store is passed over: ${error.message}`);
        return undefined;
      });
      if (image === undefined) return undefined;
      if (platformRank(platform, image.config) === undefined) {
        const is = formatPlatform(image.config);
        emitter.message('info', `${name} in the image store is for ${is}, not for ${formatPlatform(platform)}`);
        return undefined;
      }
      return {
        name: image.name,
        origin: 'image-store',
        location: store.root,
        manifestDigest: image.manifestDigest,
        config: image.config,
        layers: async () => {
          await requireLayers(store, image);
          return image.layers;
        },
      };
    },
  };
}

async function loadWhole(store: Store, name: string): Promise<StoredImage | undefined> {
  const image = await loadImage(store, name);
  if (image !== undefined) await requireLayers(store, image);
  return image;
}

async function requireLayers(store: Store, { name, layers }: StoredImage): Promise<void> {
  for (const diffId of layers) {
    if ((await store.layers.has(diffId)) !== undefined) continue;
    throw new FirekilnError('BLOB_MISSING', `the layer ${diffId} of ${name} is not in the store`);
  }
}

function isLoss(error: unknown): error is FirekilnError {
  const codes = ['BLOB_MISSING', 'BLOB_CORRUPT', 'STORE_DAMAGED', 'OCI_INVALID'];
  return error instanceof FirekilnError && codes.includes(error.code);
}
