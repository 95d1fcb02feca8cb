import { blockSize } from '../layout/block-size.ts';
import type { Collected } from './collect.ts';
import { type IndexedFolder, indexedFolderBlocks, leafSpace, linearSize, planIndexedFolder } from './folder-plan.ts';

/** Blocks of a new lost+found: e2fsck wants room in it without having to allocate. */
const lostAndFoundBlocks = 4;

/** The names of each folder and how they are stored. */
export interface Folders {
  /** Indexes into the name list of what lies in a folder, in byte order. */
  members(folder: number): Uint32Array;
  readonly indexed: ReadonlyMap<number, IndexedFolder>;
}

/** Groups names by folder, plans the large folders and sets the size of all. */
export function planFolders(collected: Collected, hashSeed: Uint32Array): Folders {
  const { inodes, names, folders, lostAndFound } = collected;
  const starts = new Uint32Array(inodes.last + 2);
  for (let i = 0; i < names.count; i++) bump(starts, (names.folder[i] as number) + 1);
  for (let inode = 1; inode < starts.length; inode++) {
    starts[inode] = (starts[inode] as number) + (starts[inode - 1] as number);
  }
  const order = new Uint32Array(names.count);
  const next = starts.slice();
  for (let i = 0; i < names.count; i++) order[bump(next, names.folder[i] as number)] = i;
  const members = (folder: number) => order.subarray(starts[folder], starts[folder + 1]);

  const indexed = new Map<number, IndexedFolder>();
  for (const folder of folders) {
    const own = members(folder);
    let blocks = folder === lostAndFound ? lostAndFoundBlocks : 1;
    if (linearSize(names, own) > leafSpace) {
      const plan = planIndexedFolder(names, own, hashSeed);
      indexed.set(folder, plan);
      blocks = indexedFolderBlocks(plan);
    }
    inodes.size[folder] = blocks * blockSize;
  }
  return { members, indexed };
}

function bump(counts: Uint32Array, at: number): number {
  const before = counts[at] as number;
  counts[at] = before + 1;
  return before;
}
