import { blockSize } from '../layout/block-size.ts';
import {
  directoryFileType,
  directoryRecordLength,
  directoryTailSize,
  directoryEntry as entry,
  indexEntrySize,
  indexNode,
  indexRoot,
  indexTailSize,
} from '../layout/directory.ts';
import { halfMd4 } from '../layout/directory-hash.ts';
import { modeType, reservedInode } from '../layout/inode.ts';
import { directoryBlockChecksum, indexBlockChecksum, inodeSeed } from '../layout/metadata-checksum.ts';
import { writeExtentBlocks } from './extent-writer.ts';
import { extentsOf } from './extents-of.ts';
import { entriesPerIndexNode, entriesPerIndexRoot, type IndexedFolder, leafSpace } from './folder-plan.ts';
import type { Image } from './image.ts';
import type { SequentialOutput } from './sequential-output.ts';

const typeOfMode = new Map<number, number>([
  [modeType.file, directoryFileType.file],
  [modeType.directory, directoryFileType.directory],
  [modeType.character, directoryFileType.character],
  [modeType.block, directoryFileType.block],
  [modeType.fifo, directoryFileType.fifo],
  [modeType.socket, directoryFileType.socket],
  [modeType.symlink, directoryFileType.symlink],
]);
const typeByModeBits = Uint8Array.from({ length: 16 }, (_, bits) => typeOfMode.get(bits << 12) ?? 0);

/** Writes the blocks of all folders. */
export async function writeFolders(out: SequentialOutput, image: Image): Promise<void> {
  const { folders, names } = image.collected;
  const parents = new Uint32Array(image.collected.inodes.last + 1);
  for (let i = 0; i < names.count; i++) parents[names.inode[i] as number] = names.folder[i] as number;
  parents[reservedInode.root] = reservedInode.root;
  for (const folder of folders) {
    const writer = new FolderWriter(out, image, folder, parents[folder] as number);
    const plan = image.folders.indexed.get(folder);
    if (plan === undefined) writer.writeLinear();
    else await writer.writeIndexed(plan);
    if (out.isCongested) await out.breathe();
  }
}

class FolderWriter {
  readonly #out: SequentialOutput;
  readonly #image: Image;
  readonly #folder: number;
  readonly #parent: number;
  readonly #seed: number;
  /** Where the block that is being filled starts and ends in the output's view, and where its last entry lies. */
  #block = 0;
  #at = 0;
  #last = 0;

  constructor(out: SequentialOutput, image: Image, folder: number, parent: number) {
    this.#out = out;
    this.#image = image;
    this.#folder = folder;
    this.#parent = parent;
    this.#seed = inodeSeed(image.identity.seed, folder, 0);
  }

  /** One block, or the four of lost+found, of which three are empty. */
  writeLinear(): void {
    const extents = extentsOf(this.#image, this.#folder);
    for (let i = 0; i < extents.length; i += 3) {
      const [start, length] = [extents[i + 1] as number, extents[i + 2] as number];
      for (let block = start; block < start + length; block++) {
        this.#begin(block);
        if (extents[i] === 0 && block === start) {
          this.#addDots();
          for (const name of this.#image.folders.members(this.#folder)) this.#addName(name);
        }
        this.#endLeaf();
      }
    }
  }

  async writeIndexed(plan: IndexedFolder): Promise<void> {
    const out = this.#out;
    const extents = extentsOf(this.#image, this.#folder);
    const tree = this.#image.layout.trees.get(this.#folder);
    if (tree !== undefined) writeExtentBlocks(out, extents, tree, this.#seed);
    const leaves = plan.leafStarts.length;
    const hashOfLeaf = (leaf: number) => leafHash(plan, leaf);
    const hashOfNode = (node: number) => leafHash(plan, node * entriesPerIndexNode);
    const firstLeaf = 1 + plan.nodes;
    let written = 0;
    for (let i = 0; i < extents.length; i += 3) {
      const [start, length] = [extents[i + 1] as number, extents[i + 2] as number];
      for (let block = start; block < start + length; block++, written++) {
        this.#begin(block);
        if (written === 0) {
          this.#addDots();
          this.#addRootInfo(plan.nodes > 0);
          if (plan.nodes > 0) this.#addIndex(indexRoot.entries, entriesPerIndexRoot, 1, 0, plan.nodes, hashOfNode);
          else this.#addIndex(indexRoot.entries, entriesPerIndexRoot, 1, 0, leaves, hashOfLeaf);
        } else if (written < firstLeaf) {
          out.view.setUint16(this.#block + entry.recordLength, blockSize, true);
          const first = (written - 1) * entriesPerIndexNode;
          const count = Math.min(entriesPerIndexNode, leaves - first);
          this.#addIndex(indexNode.entries, entriesPerIndexNode, firstLeaf + first, first, count, hashOfLeaf);
        } else {
          const leaf = written - firstLeaf;
          const end = plan.leafStarts[leaf + 1] ?? plan.names.length;
          for (let name = plan.leafStarts[leaf] as number; name < end; name++)
            this.#addName(plan.names[name] as number);
          this.#endLeaf();
        }
        if (out.isCongested) await out.breathe();
      }
    }
  }

  #begin(block: number): void {
    this.#block = this.#out.reserve(block * blockSize, blockSize);
    this.#at = this.#block;
    this.#last = this.#block;
  }

  #addDots(): void {
    const { view } = this.#out;
    for (const [length, inode] of [
      [1, this.#folder],
      [2, this.#parent],
    ] as const) {
      this.#addEntry(inode, length, directoryFileType.directory, directoryRecordLength(length));
      for (let i = 0; i < length; i++) view.setUint8(this.#last + entry.name + i, 0x2e);
    }
  }

  #addName(name: number): void {
    const { names, inodes } = this.#image.collected;
    const { pool } = names;
    const { bytes } = this.#out;
    const inode = names.inode[name] as number;
    const length = names.length[name] as number;
    const type = typeByModeBits[(inodes.mode[inode] as number) >>> 12] as number;
    this.#addEntry(inode, length, type, directoryRecordLength(length));
    const to = this.#last + entry.name;
    const from = names.start[name] as number;
    for (let i = 0; i < length; i++) bytes[to + i] = pool[from + i] as number;
  }

  #addEntry(inode: number, nameLength: number, type: number, recordLength: number): void {
    const { view } = this.#out;
    this.#last = this.#at;
    view.setUint32(this.#at + entry.inode, inode, true);
    view.setUint16(this.#at + entry.recordLength, recordLength, true);
    view.setUint8(this.#at + entry.nameLength, nameLength);
    view.setUint8(this.#at + entry.fileType, type);
    this.#at += recordLength;
  }

  /** Stretches the last entry to the tail and writes the tail with the checksum. */
  #endLeaf(): void {
    const { view } = this.#out;
    const tail = this.#block + leafSpace;
    view.setUint16(this.#last + entry.recordLength, tail - this.#last, true);
    view.setUint16(tail + entry.recordLength, directoryTailSize, true);
    view.setUint8(tail + entry.fileType, directoryFileType.checksum);
    const block = new DataView(view.buffer, view.byteOffset + this.#block, blockSize);
    view.setUint32(tail + entry.name, directoryBlockChecksum(this.#seed, block, leafSpace), true);
  }

  /** `..` spans the rest of the root, so that a kernel without the index sees no other entries. */
  #addRootInfo(hasNodes: boolean): void {
    const { view } = this.#out;
    view.setUint16(this.#last + entry.recordLength, this.#block + blockSize - this.#last, true);
    view.setUint8(this.#block + indexRoot.hashVersion, halfMd4);
    view.setUint8(this.#block + indexRoot.infoLength, 8);
    view.setUint8(this.#block + indexRoot.indirectLevels, hasNodes ? 1 : 0);
  }

  /** Entries for the blocks from `block` on; the first has no hash, limit and count lie there. */
  #addIndex(
    offset: number,
    limit: number,
    block: number,
    first: number,
    count: number,
    hashOf: (index: number) => number,
  ): void {
    const { view } = this.#out;
    const at = this.#block + offset;
    for (let i = 0; i < count; i++) {
      if (i > 0) view.setUint32(at + i * indexEntrySize, hashOf(first + i), true);
      view.setUint32(at + i * indexEntrySize + 4, block + i, true);
    }
    view.setUint16(at, limit, true);
    view.setUint16(at + 2, count, true);
    const spanned = new DataView(view.buffer, view.byteOffset + this.#block, blockSize);
    const tail = blockSize - indexTailSize;
    const sum = indexBlockChecksum(this.#seed, spanned, offset + count * indexEntrySize, tail);
    view.setUint32(this.#block + tail + 4, sum, true);
  }
}

/** The lowest hash of a leaf; its lowest bit says that names of this hash are in the leaf before, too. */
function leafHash({ leafStarts, hashes }: IndexedFolder, leaf: number): number {
  const start = leafStarts[leaf] as number;
  const hash = hashes[start] as number;
  return start > 0 && hashes[start - 1] === hash ? hash + 1 : hash;
}
