import { blockSize } from '../layout/block-size.ts';
import { inodeSeed } from '../layout/metadata-checksum.ts';
import { writeExtentBlocks } from './extent-writer.ts';
import { extentsOf } from './extents-of.ts';
import type { FileMap } from './file-map.ts';
import type { Image } from './image.ts';
import { LayerReader } from './layer-reader.ts';
import { chunkSize, type SequentialOutput } from './sequential-output.ts';
import { writeXattrBlock } from './xattr-writer.ts';

/** The least that is worth filling up a chunk with when a longer stretch goes on in the next. */
const minPiece = 64 << 10;

/** Attribute blocks, and the values that have an inode of their own. */
export async function writeXattrs(out: SequentialOutput, image: Image): Promise<void> {
  const { xattrs, layout, identity } = image;
  for (const [i, block] of xattrs.blocks.entries()) {
    const number = layout.xattrBlocks[i] as number;
    const at = out.reserve(number * blockSize, blockSize);
    writeXattrBlock(new DataView(out.view.buffer, out.view.byteOffset + at, blockSize), number, block, identity.seed);
    if (out.isCongested) await out.breathe();
  }
  for (const { inode, value } of xattrs.valueInodes) {
    const extents = extentsOf(image, inode);
    for (let i = 0; i < extents.length; i += 3) {
      const from = (extents[i] as number) * blockSize;
      const length = (extents[i + 2] as number) * blockSize;
      const at = out.reserve((extents[i + 1] as number) * blockSize, length);
      out.bytes.set(value.subarray(from, from + length), at);
    }
    if (out.isCongested) await out.breathe();
  }
}

/** Targets of symlinks that don't fit into their inodes. */
export async function writeLongSymlinks(out: SequentialOutput, { collected }: Image): Promise<void> {
  const { inodes, names, longSymlinks } = collected;
  for (const symlink of longSymlinks) {
    const at = out.reserve((inodes.place[symlink] as number) * blockSize, blockSize);
    const from = inodes.source[symlink] as number;
    names.pool.copy(out.bytes, at, from, from + (inodes.size[symlink] as number));
    if (out.isCongested) await out.breathe();
  }
}

/** The data of all files, in the order of the layers. */
export async function writeFiles(out: SequentialOutput, image: Image): Promise<void> {
  const { inodes, files, maps } = image.collected;
  const { cursor, trees } = image.layout;
  const reader = new LayerReader(image.layers);
  for (const file of files) {
    const size = inodes.size[file] as number;
    const place = inodes.place[file] as number;
    const layer = inodes.layer[file] as number;
    const source = inodes.source[file] as number;
    const map = maps.get(file);
    if (map === undefined && size <= chunkSize && cursor.isOnePiece(place, Math.ceil(size / blockSize))) {
      const padded = (size + blockSize - 1) & -blockSize;
      const at = out.reserveRaw(place * blockSize, padded);
      reader.copy(layer, source, size, out.bytes, at);
      if (size < padded) out.bytes.fill(0, at + size, at + padded);
    } else if (place > 0) {
      const extents = extentsOf(image, file);
      const tree = trees.get(file);
      if (tree !== undefined) writeExtentBlocks(out, extents, tree, inodeSeed(image.identity.seed, file, 0));
      if (map === undefined) await writeWhole(out, reader, { layer, source, size }, extents);
      else await writePieces(out, reader, layer, map, extents);
    }
    if (out.isCongested) await out.breathe();
  }
}

/** A large file without holes. */
async function writeWhole(
  out: SequentialOutput,
  reader: LayerReader,
  file: { readonly layer: number; readonly source: number; readonly size: number },
  extents: readonly number[],
): Promise<void> {
  for (let i = 0; i < extents.length; i += 3) {
    const start = (extents[i] as number) * blockSize;
    const length = (extents[i + 2] as number) * blockSize;
    const position = (extents[i + 1] as number) * blockSize;
    for (let done = 0; done < length; ) {
      const room = out.room(position + done);
      const piece = Math.min(length - done, room < minPiece ? chunkSize : room);
      const at = out.reserveRaw(position + done, piece);
      const used = Math.min(piece, file.size - start - done);
      reader.copy(file.layer, file.source + start + done, used, out.bytes, at);
      if (used < piece) out.bytes.fill(0, at + used, at + piece);
      done += piece;
      if (out.isCongested) await out.breathe();
    }
  }
}

/** A file with holes, or whose data lies in several places. */
async function writePieces(
  out: SequentialOutput,
  reader: LayerReader,
  layer: number,
  { pieces }: FileMap,
  extents: readonly number[],
): Promise<void> {
  let next = 0;
  for (let i = 0; i < extents.length; i += 3) {
    const start = (extents[i] as number) * blockSize;
    const length = (extents[i + 2] as number) * blockSize;
    const position = (extents[i + 1] as number) * blockSize;
    for (let done = 0; done < length; done += chunkSize) {
      const size = Math.min(length - done, chunkSize);
      const [from, to] = [start + done, start + done + size];
      const at = out.reserve(position + done, size);
      for (;;) {
        const piece = pieces[next];
        if (piece === undefined || piece.fileOffset >= to) break;
        const end = piece.fileOffset + piece.length;
        const first = Math.max(piece.fileOffset, from);
        const last = Math.min(end, to);
        if (last > first) {
          const source = piece.blobOffset + first - piece.fileOffset;
          reader.copy(layer, source, last - first, out.bytes, at + first - from);
        }
        if (end > to) break;
        next++;
      }
      if (out.isCongested) await out.breathe();
    }
  }
}
