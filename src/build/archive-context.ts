import type { Readable } from 'node:stream';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { peekBytes } from '../formats/compression/peek-bytes.ts';
import { isTarHeader } from '../formats/tar/tar-header.ts';
import { InodeKeys } from '../formats/tree/inode-keys.ts';
import { MergedTree } from '../formats/tree/merged-tree.ts';
import { decompressStream } from '../images/decompress-stream.ts';
import { openChain } from '../images/open-chain.ts';
import { treeSource } from '../ops/file/tree-source.ts';
import type { Store } from '../store/store.ts';
import { filteredSource } from './filtered-source.ts';
import type { OpenStream } from './inputs.ts';

const tarBlockBytes = 512;

async function putArchive(store: Store, tar: AsyncIterable<Uint8Array>, description: string, signal: AbortSignal) {
  try {
    return await store.layers.put(tar, { from: description, signal });
  } catch (error) {
    if (!isFirekilnError(error, 'TAR_INVALID')) throw error;
    throw new FirekilnError('TAR_INVALID', `${description} is damaged or not whole: ${error.message}`, {
      hint: 'See whether `tar -t` reads it to its end.',
      cause: error,
    });
  }
}

/**
 * Looks at the first bytes of a stream: a tar, as it is or compressed, is taken into the store as a context; anything
 * else is given back. Throws TAR_INVALID, COMPRESSION_INVALID, LIMIT_EXCEEDED.
 */
export async function openArchive(
  store: Store,
  stream: Readable,
  shown: string,
  signal: AbortSignal,
): ReturnType<OpenStream> {
  const description = `the archive ${shown === '-' ? 'on standard input' : shown}`;
  const unpacked = decompressStream(stream, { subject: description, signal });
  const { head, stream: rest } = await peekBytes(unpacked, tarBlockBytes);
  if (!isTarHeader(head)) return { type: 'other', rest };
  // Nothing in the store refers to it: it goes with the next purge after the build.
  const { diffId } = await putArchive(store, rest, description, signal);
  const chain = await openChain(store, [diffId]);
  const tree = new MergedTree(chain.layers, new InodeKeys(chain.layers));
  return {
    type: 'archive',
    context: {
      description,
      open: (ignore) => {
        const source = treeSource(tree, description);
        return ignore === undefined ? source : filteredSource(source, ignore);
      },
      [Symbol.asyncDispose]: async () => chain[Symbol.dispose](),
    },
  };
}
