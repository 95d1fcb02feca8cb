import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { FileContentStore } from './content-store.ts';

/** Throws BLOB_MISSING unless all of the digests are in the store; they are held from then on. */
export async function requireAll(content: FileContentStore, digests: readonly Digest[], by: string): Promise<void> {
  const missing = await content.firstMissing(digests);
  if (missing === undefined) return;
  throw new FirekilnError('BLOB_MISSING', `${by} refers to ${missing}, which is not in the store`, {
    hint: 'Pull or build the image again; what is there already is reused.',
  });
}
