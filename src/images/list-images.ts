import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Store } from '../store/store.ts';
import type { StoredImage } from './image.ts';
import { loadImage } from './load-image.ts';

/** An image of the store with what it takes on disk. */
export interface ListedImage {
  readonly image: StoredImage;
  /** All names of the image; none if it is kept by its id. */
  readonly names: readonly string[];
  /** Bytes on disk of all that the image refers to, and of the segments made from its layers. */
  readonly bytes: number;
  /** The part of `bytes` that other images refer to as well. */
  readonly sharedBytes: number;
  readonly ownBytes: number;
}

/** All images, the newest first; those that can't be read are told by `onDamage` and left out. */
export async function listImages(
  store: Store,
  onDamage: (name: string, error: FirekilnError) => void,
): Promise<readonly ListedImage[]> {
  const { images: usages } = await store.usage();
  const found = new Map<Digest, ListedImage>();
  for (const { name, bytes, sharedBytes, ownBytes } of usages) {
    try {
      const image = await loadImage(store, name);
      if (image === undefined) continue;
      const known = found.get(image.manifestDigest);
      const names = [...(known?.names ?? []), ...(name === image.id ? [] : [name])];
      found.set(image.manifestDigest, { image: known?.image ?? image, names, bytes, sharedBytes, ownBytes });
    } catch (error) {
      if (!(error instanceof FirekilnError)) throw error;
      onDamage(name, error);
    }
  }
  return [...found.values()].sort((a, b) => b.image.createdAt - a.image.createdAt);
}
