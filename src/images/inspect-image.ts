import type { Store } from '../store/store.ts';
import { describeImage } from './describe-image.ts';
import { listImages } from './list-images.ts';
import { loadImage } from './load-image.ts';

/** Everything that is known of an image; undefined if there is none of that name. Throws as {@link loadImage}. */
export async function inspectImage(store: Store, name: string): Promise<object | undefined> {
  const image = await loadImage(store, name);
  if (image === undefined) return undefined;
  const listed = (await listImages(store, () => {})).find((it) => it.image.manifestDigest === image.manifestDigest);
  const layers: object[] = [];
  for (const diffId of image.layers) {
    const info = await store.layers.has(diffId);
    layers.push({
      diffId,
      ...(info === undefined ? { missing: true } : { size: info.size, entries: info.entryCount }),
    });
  }
  return {
    ...(listed === undefined ? {} : describeImage(listed)),
    author: image.config.author,
    config: image.config.config ?? {},
    layers,
    history: image.config.history ?? [],
    metadata: image.metadata,
    storedAt: new Date(image.createdAt).toISOString(),
  };
}
