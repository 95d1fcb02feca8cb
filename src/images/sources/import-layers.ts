import pLimit from 'p-limit';
import { type Digest, Digester, hexOf } from '../../base/digest.ts';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Emitter } from '../../base/events.ts';
import type { Descriptor } from '../../formats/oci/image.ts';
import { layerCompression } from '../../formats/oci/media-types.ts';
import type { Store } from '../../store/store.ts';
import { decompressStream } from '../decompress-stream.ts';
import type { ChosenImage } from './choose-image.ts';
import type { DocumentPlace } from './document-place.ts';

export interface ImportOptions {
  /** The graph node, for events. */
  readonly node: string;
  readonly emitter: Emitter;
  readonly signal?: AbortSignal | undefined;
}

/** Layers that come at the same time. */
const parallelLayers = 3;

/** Milliseconds between two words on the progress of a layer. */
const progressPauseMs = 100;

/**
 * Brings the layers of an image into the store, in one pass each: digest and size of what came, and the digest of what
 * it unpacks to, are verified while it is stored. Those that are there are not asked for. Returns the diffIDs from the
 * bottom up. If one fails, the others are stopped, and what is whole stays. Throws DIGEST_MISMATCH, SIZE_MISMATCH,
 * COMPRESSION_INVALID, TAR_INVALID, LIMIT_EXCEEDED, OCI_UNSUPPORTED and what the place throws.
 */
export async function importLayers(
  store: Store,
  place: DocumentPlace,
  image: Pick<ChosenImage, 'manifest' | 'config'>,
  options: ImportOptions,
): Promise<readonly Digest[]> {
  const diffIds = image.config.rootfs.diff_ids;
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const limit = pLimit(parallelLayers);
  const results = await Promise.allSettled(
    image.manifest.layers.map((descriptor, i) =>
      limit(async () => {
        const diffId = diffIds[i];
        if (diffId === undefined) throw new Error('a layer without a diffID');
        try {
          await importLayer(store, place, descriptor, diffId, { ...options, signal });
        } catch (error) {
          failure.abort(error);
          throw error;
        }
      }),
    ),
  );
  if (failure.signal.aborted) throw firstFailure(results, failure.signal);
  return diffIds;
}

async function importLayer(
  store: Store,
  place: DocumentPlace,
  descriptor: Descriptor,
  diffId: Digest,
  { node, emitter, signal }: ImportOptions,
): Promise<void> {
  const { digest, size, mediaType } = descriptor;
  const subject = `layer ${digest} of ${place.subject}`;
  if (layerCompression(mediaType) === undefined) {
    throw new FirekilnError('OCI_UNSUPPORTED', `${subject}: of the type ${mediaType}, which is no layer of files`);
  }
  const tell = (current: number, done = false) => {
    const item = hexOf(digest).slice(0, 12);
    emitter.emit({
      event: 'node.progress',
      node,
      item,
      current,
      total: size,
      unit: 'bytes',
      ...(done ? { done } : {}),
    });
  };
  signal?.throwIfAborted();
  if ((await store.layers.has(diffId)) === undefined) {
    const packed = verified(place.blob(descriptor, signal), descriptor, subject, everySoOften(tell));
    const tar = decompressStream(packed, { subject, signal });
    try {
      await store.layers.put(tar, { expected: diffId, from: subject, signal });
    } catch (error) {
      // Damage often breaks the tar before the digest is known.
      if (!isFirekilnError(error, 'TAR_INVALID')) throw error;
      throw new FirekilnError('TAR_INVALID', `${subject}: ${error.message}`, {
        hint: 'The layer is damaged, or the place it comes from lies: fetch or push it again.',
        cause: error,
      });
    }
  }
  tell(size, true);
}

/** Passes on what has the digest and size that the manifest says; throws at the end, or as soon as there is too much. */
async function* verified(
  source: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  subject: string,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = new Digester();
  let got = 0;
  for await (const chunk of source) {
    got += chunk.length;
    if (got > size) break;
    digester.update(chunk);
    onProgress(got);
    yield chunk;
  }
  if (got !== size) {
    const more = got > size ? 'more' : `only ${got}`;
    throw new FirekilnError('SIZE_MISMATCH', `${subject}: ${size} bytes were promised, ${more} came`);
  }
  const found = digester.digest();
  if (found !== digest) throw new FirekilnError('DIGEST_MISMATCH', `${subject}: what came has the digest ${found}`);
}

function everySoOften(tell: (bytes: number) => void): (bytes: number) => void {
  let next = 0;
  return (bytes) => {
    const now = performance.now();
    if (now < next) return;
    next = now + progressPauseMs;
    tell(bytes);
  };
}

/** The failure that came first; the aborts of the others followed from it. */
function firstFailure(results: readonly PromiseSettledResult<void>[], signal: AbortSignal): unknown {
  const reasons: unknown[] = results.flatMap((it) => (it.status === 'rejected' ? [it.reason as unknown] : []));
  return reasons.includes(signal.reason) ? signal.reason : reasons[0];
}
