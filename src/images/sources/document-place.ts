import type { Digest } from '../../base/digest.ts';
import { sha256 } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Descriptor } from '../../formats/oci/image.ts';

/** A place that has the parts of an image by digest: a registry, a layout, an archive. */
export interface DocumentPlace {
  /** For messages: `docker.io/library/debian:bookworm`, `layout /srv/oci`. */
  readonly subject: string;
  /**
   * The bytes of a blob, no more than the descriptor says; the digest is verified by the caller. Throws BLOB_MISSING.
   */
  blob(descriptor: Pick<Descriptor, 'digest' | 'size'>, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** A manifest or an index that another index names, where that goes another way than blobs do. */
  readonly document?: (
    descriptor: Pick<Descriptor, 'digest' | 'size'>,
    signal: AbortSignal | undefined,
  ) => Promise<Uint8Array>;
}

/** A manifest or an index with the digest it was found under. */
export interface RootDocument {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly claimedType: string | undefined;
}

/** A small document, verified. Throws LIMIT_EXCEEDED, SIZE_MISMATCH, DIGEST_MISMATCH and what the place throws. */
export async function readDocument(
  place: DocumentPlace,
  descriptor: Pick<Descriptor, 'digest' | 'size'>,
  options: { readonly what: string; readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const subject = `${options.what} ${descriptor.digest} of ${place.subject}`;
  if (descriptor.size > options.maxBytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `${subject}: ${descriptor.size} bytes, more than ${options.maxBytes}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of place.blob(descriptor, options.signal)) {
    size += chunk.length;
    if (size > descriptor.size) break;
    chunks.push(chunk);
  }
  if (size !== descriptor.size) {
    throw new FirekilnError('SIZE_MISMATCH', `${subject}: ${size} bytes came, not the ${descriptor.size} promised`);
  }
  const bytes = Buffer.concat(chunks);
  const digest = sha256(bytes);
  if (digest === descriptor.digest) return bytes;
  throw new FirekilnError('DIGEST_MISMATCH', `${subject}: what came has the digest ${digest}`);
}
