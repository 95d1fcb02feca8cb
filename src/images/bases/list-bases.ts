import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Store } from '../../store/store.ts';
import type { StoredImage } from '../image.ts';
import { type ListedImage, listImages } from '../list-images.ts';
import { loadImage } from '../load-image.ts';
import { removeImage } from '../remove-image.ts';
import { baseRecipe } from './base-name.ts';

/** The images that `firekiln base build` made. */
export async function listBases(store: Store): Promise<readonly ListedImage[]> {
  return (await listImages(store, () => {})).filter(({ image }) => isBase(image));
}

/** Removes a base with all its names; the id of the image. Throws IMAGE_NOT_FOUND, also for an image that is no base. */
export async function removeBase(store: Store, name: string): Promise<Digest> {
  const image = await loadImage(store, name);
  if (image === undefined || !isBase(image)) {
    throw new FirekilnError('IMAGE_NOT_FOUND', `there is no base ${name}`, {
      hint: '`firekiln base ls` lists them; other images are removed with `firekiln rmi`.',
    });
  }
  await removeImage(store, image.id, { force: true });
  return image.id;
}

function isBase({ metadata }: StoredImage): boolean {
  return metadata?.provenance.dockerfile.startsWith(baseRecipe) === true;
}
