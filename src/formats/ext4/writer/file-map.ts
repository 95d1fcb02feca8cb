import type { DataExtent } from '../../tree/entry.ts';
import { blockSize } from '../layout/block-size.ts';

/** A run of a file's blocks that are stored; the blocks between runs are holes. */
export interface BlockRun {
  /** First block, counted within the file. */
  readonly logical: number;
  readonly count: number;
}

/** Where the data of a file with holes, or of one whose data lies in several pieces, is. */
export interface FileMap {
  readonly pieces: readonly DataExtent[];
  readonly runs: readonly BlockRun[];
  /** Stored blocks in all. */
  readonly blocks: number;
}

/** Throws a plain error if the pieces overlap, are out of order or reach beyond the size: trees promise they don't. */
export function fileMapOf(pieces: readonly DataExtent[], size: number): FileMap {
  const runs: { logical: number; count: number }[] = [];
  let end = 0;
  let blocks = 0;
  for (const { fileOffset, length } of pieces) {
    if (fileOffset < end || fileOffset + length > size) throw new Error('data stretches overlap or exceed the file');
    if (length === 0) continue;
    end = fileOffset + length;
    const last = runs.at(-1);
    const lastEnd = last === undefined ? 0 : last.logical + last.count;
    const first = Math.max(Math.floor(fileOffset / blockSize), lastEnd);
    const count = Math.ceil(end / blockSize) - first;
    if (count <= 0) continue;
    blocks += count;
    if (last !== undefined && first === lastEnd) last.count += count;
    else runs.push({ logical: first, count });
  }
  return { pieces, runs, blocks };
}
