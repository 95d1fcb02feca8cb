import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { formatReference, parseReference, withDefaultTag } from '../formats/oci/reference.ts';
import type { Store } from '../store/store.ts';
import { findRecord, idOf, recordsWithId } from './load-image.ts';

export interface RemovedImage {
  /** Names that were removed. */
  readonly untagged: readonly string[];
  /** The id of the image, if it has no name left. */
  readonly deleted: string | undefined;
}

/**
 * Removes a name, or by its id an image with all its names, as `docker rmi` does: an id of an image with several names
 * needs `force`. What the image alone needed goes with the next gc. Throws IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS and
 * IMAGE_IN_USE.
 */
export async function removeImage(
  store: Store,
  name: string,
  options: { readonly force: boolean },
): Promise<RemovedImage> {
  const records = await store.images.list();
  const damaged = damagedName(name);
  const record = await findRecord(store, name).catch((error: unknown) => {
    if (error instanceof FirekilnError && error.code === 'STORE_DAMAGED') return undefined;
    throw error;
  });
  if (record === undefined) {
    // A damaged record is in no list, and can be removed all the same.
    if (damaged !== undefined && (await store.images.untag(damaged)))
      return { untagged: [damaged], deleted: undefined };
    throw imageNotFound(name);
  }
  const id = idOf(record);
  const names = records.filter((it) => idOf(it) === id).map((it) => it.name);
  const isById = recordsWithId([record], name).length > 0 && !names.includes(damaged ?? '');
  if (isById && names.length > 1 && !options.force) {
    throw new FirekilnError('IMAGE_IN_USE', `${name} has ${names.length} names`, {
      details: names,
      hint: 'Remove the names one by one, or all of them with --force.',
    });
  }
  const gone = isById ? names : [record.name];
  for (const one of gone) await store.images.untag(one);
  return {
    untagged: gone.filter((one) => one !== id),
    deleted: gone.length === names.length ? id : undefined,
  };
}

export function imageNotFound(name: string): FirekilnError {
  return new FirekilnError('IMAGE_NOT_FOUND', `no image ${name} is in the store`, {
    hint: '`firekiln images` lists those that are.',
  });
}

/** The name of a record as the text means it; undefined for what can only be an id. */
function damagedName(name: string): string | undefined {
  try {
    return formatReference(withDefaultTag(parseReference(name)));
  } catch {
    return undefined;
  }
}
