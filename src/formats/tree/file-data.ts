import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { TreeInode } from './entry.ts';

const chunkBytes = 256 * 1024;
const zeros = new Uint8Array(chunkBytes);

interface Layered {
  readonly layers: readonly { readonly data: RandomAccess }[];
}

/**
 * A file's bytes in order, holes as zeros, in pieces of at most 256 KiB. A piece is only valid until the next one is
 * asked for.
 */
export function* fileChunks(tree: Layered, inode: TreeInode): IterableIterator<Uint8Array> {
  const data = tree.layers[inode.layer]?.data;
  const buffer = inode.data.length === 0 ? zeros : Buffer.allocUnsafe(Math.min(chunkBytes, inode.size));
  let at = 0;
  for (const { fileOffset, length, blobOffset } of inode.data) {
    yield* zeroChunks(fileOffset - at);
    for (let done = 0; done < length; ) {
      const piece = buffer.subarray(0, Math.min(buffer.length, length - done));
      if (data?.read(piece, blobOffset + done) !== piece.length) {
        throw new FirekilnError('TAR_INVALID', `layer ${inode.layer + 1} ends at byte ${data?.size}, within a file`);
      }
      yield piece;
      done += piece.length;
    }
    at = fileOffset + length;
  }
  yield* zeroChunks(inode.size - at);
}

function* zeroChunks(count: number): IterableIterator<Uint8Array> {
  for (let left = count; left > 0; left -= chunkBytes) yield left >= chunkBytes ? zeros : zeros.subarray(0, left);
}
