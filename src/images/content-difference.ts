import type { LayerInode } from '../formats/tree/entry.ts';
import { fileChunks } from '../formats/tree/file-data.ts';
import type { LayerContent } from '../formats/tree/tree.ts';

interface LayerFile {
  readonly inode: LayerInode;
  readonly layer: LayerContent;
}

/**
 * Both sides of the first difference between two files, for people: their sizes, or a few bytes from the place on.
 * Equal texts for equal content.
 */
export function contentDifference(first: LayerFile, second: LayerFile): readonly [string, string] {
  if (first.inode.size !== second.inode.size) return [`${first.inode.size} bytes`, `${second.inode.size} bytes`];
  let position = 0;
  const theirs = pieces(second);
  for (const mine of pieces(first)) {
    const other = theirs.next().value ?? Buffer.alloc(0);
    if (!mine.equals(other)) {
      const at = mine.findIndex((byte, i) => byte !== other[i]);
      return [`${shown(mine, at)} at byte ${position + at}`, shown(other, at)];
    }
    position += mine.length;
  }
  return ['', ''];
}

/** Of one length, however the extents lie. Each is valid until the next is asked for. */
function* pieces({ inode, layer }: LayerFile): Generator<Buffer, undefined> {
  const piece = Buffer.alloc(64 * 1024);
  let filled = 0;
  for (const chunk of fileChunks({ layers: [layer] }, { ...inode, key: inode.number, layer: 0 })) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(piece.length - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < piece.length) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function shown(bytes: Buffer, at: number): string {
  const text = bytes.subarray(at, at + 16).toString('latin1');
  return JSON.stringify(text.replace(/[^\x20-\x7e]/g, '.'));
}
