import { canonicalName } from '../formats/oci/reference.ts';
import type { Store } from '../store/store.ts';
import { findRecord, idOf } from './load-image.ts';
import { imageNotFound } from './remove-image.ts';

/** Gives an image of the store another name; returns it in its canonical form. Throws IMAGE_NOT_FOUND. */
export async function tagImage(store: Store, from: string, to: string): Promise<string> {
  const name = canonicalName(to);
  await using _lease = await store.lease(`tagging ${name}`);
  const record = await findRecord(store, from);
  if (record === undefined) throw imageNotFound(from);
  const { name: _name, createdAt: _createdAt, ...image } = record;
  await store.images.tag([name], image);
  // An image that was kept by its id alone has a name now.
  await store.images.untag(idOf(record));
  return name;
}
