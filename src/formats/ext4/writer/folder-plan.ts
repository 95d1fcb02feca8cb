import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { blockSize } from '../layout/block-size.ts';
import {
  directoryRecordLength,
  directoryTailSize,
  indexEntrySize,
  indexNode,
  indexRoot,
  indexTailSize,
  maxIndexLevels,
} from '../layout/directory.ts';
import { directoryHash } from '../layout/directory-hash.ts';
import type { NameList } from './name-list.ts';

/** Bytes for entries in a linear or leaf block. */
export const leafSpace = blockSize - directoryTailSize;

/** Bytes of `.` and `..`. */
const dotsSize = 2 * directoryRecordLength(1);

export const entriesPerIndexRoot = (blockSize - indexRoot.entries - indexTailSize) / indexEntrySize;
export const entriesPerIndexNode = (blockSize - indexNode.entries - indexTailSize) / indexEntrySize;

/** Names in one folder; hash and place of a name are sorted as one exact float. */
const maxFolderNames = 2 ** 22;

/** A folder whose names don't fit into one block: its leaves are found by the hash of the name. */
export interface IndexedFolder {
  /** Indexes into the name list, by hash. */
  readonly names: Uint32Array;
  /** Hashes of `names`. */
  readonly hashes: Uint32Array;
  /** Where each leaf's names start in `names`. */
  readonly leafStarts: readonly number[];
  /** Blocks of the index below its root; 0 if the root lists the leaves itself. */
  readonly nodes: number;
}

/** Bytes that the names of a folder take in one block, `.` and `..` included. */
export function linearSize(names: NameList, members: Uint32Array): number {
  let size = dotsSize;
  for (const name of members) size += directoryRecordLength(names.length[name] as number);
  return size;
}

/** Sorts names into leaves by hash. */
export function planIndexedFolder(names: NameList, members: Uint32Array, hashSeed: Uint32Array): IndexedFolder {
  if (members.length > maxFolderNames) throw tooManyNames(members.length);
  const keys = new Float64Array(members.length);
  for (let i = 0; i < members.length; i++) {
    const name = members[i] as number;
    const hash = directoryHash(
      names.pool,
      names.start[name] as number,
      names.length[name] as number,
      hashSeed,
      'unsigned',
    );
    // The lowest bit of a hash is 0: 31 bits of hash and 22 of place are exact.
    keys[i] = (hash / 2) * maxFolderNames + i;
  }
  keys.sort();
  const sorted = new Uint32Array(members.length);
  const hashes = new Uint32Array(members.length);
  const leafStarts = [0];
  let used = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    const place = key % maxFolderNames;
    const name = members[place] as number;
    sorted[i] = name;
    hashes[i] = ((key - place) / maxFolderNames) * 2;
    const size = directoryRecordLength(names.length[name] as number);
    if (used + size > leafSpace) {
      leafStarts.push(i);
      used = 0;
    }
    used += size;
  }
  const leaves = leafStarts.length;
  const nodes = leaves <= entriesPerIndexRoot ? 0 : Math.ceil(leaves / entriesPerIndexNode);
  if (nodes > entriesPerIndexRoot * maxIndexLevels) throw tooManyNames(members.length);
  return { names: sorted, hashes, leafStarts, nodes };
}

/** Blocks of an indexed folder. */
export function indexedFolderBlocks({ nodes, leafStarts }: IndexedFolder): number {
  return 1 + nodes + leafStarts.length;
}

function tooManyNames(count: number): FirekilnError {
  return new FirekilnError('EXT4_LIMIT', `a folder with ${count} names is too large for an ext4 index`);
}
