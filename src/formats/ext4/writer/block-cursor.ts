import { blocksPerGroup } from '../layout/block-size.ts';
import { maxExtentLength } from '../layout/extent.ts';
import type { BlockRun } from './file-map.ts';
import type { Geometry } from './geometry.ts';

/**
 * Gives out blocks in rising order and steps over the copies of the superblock at the start of some groups, so that
 * everything can be written in one pass. What it passed by is in `gaps`.
 */
export class BlockCursor {
  /** The next free block; never in a copy. */
  next: number;
  /** The end of what was given out. */
  end: number;
  /** Stretches of free blocks below `end`: [first, end) pairs. */
  readonly gaps: number[] = [];
  readonly #copies: readonly number[];
  readonly #copyLength: number;
  #nextCopy = 0;

  constructor(geometry: Geometry) {
    this.#copies = geometry.backupGroups.map((group) => group * blocksPerGroup);
    this.#copyLength = geometry.headBlocks;
    this.next = geometry.headBlocks;
    this.end = this.next;
    this.#skip();
  }

  /** `count` blocks in one piece; returns the first. */
  take(count: number): number {
    while (this.next + count > this.#stop) {
      this.addGap(this.next, this.#stop);
      this.next = this.#stop;
      this.#skip();
    }
    const first = this.next;
    this.#advance(count);
    return first;
  }

  /** `count` blocks, in several pieces if copies lie between; returns the first. {@link extents} tells the pieces. */
  spread(count: number): number {
    const first = this.next;
    for (let left = count; left > 0; ) {
      const step = Math.min(left, this.#stop - this.next);
      this.#advance(step);
      left -= step;
    }
    return first;
  }

  /** True if the next `count` blocks lie in one piece that one extent can hold. */
  fitsInOneExtent(count: number): boolean {
    return count <= maxExtentLength && this.next + count <= this.#stop;
  }

  /** True if `count` blocks that were spread from `first` on lie in one piece. */
  isOnePiece(first: number, count: number): boolean {
    const copy = this.#copies.find((at) => at >= first);
    return copy === undefined || first + count <= copy;
  }

  /** Declares given-out blocks free. */
  addGap(first: number, end: number): void {
    if (end > first) this.gaps.push(first, end);
  }

  /**
   * The extents of what was spread from `first` on, for a file whose stored blocks are `runs`: calls `each` with the
   * block within the file, the block and the length. Returns their number.
   */
  extents(
    first: number,
    runs: readonly BlockRun[],
    each?: (logical: number, block: number, length: number) => void,
  ): number {
    let count = 0;
    let block = first;
    let copy = this.#copies.findIndex((at) => at >= first);
    for (const run of runs) {
      for (let logical = run.logical, left = run.count; left > 0; count++) {
        const stop = copy < 0 ? Number.POSITIVE_INFINITY : (this.#copies[copy] ?? Number.POSITIVE_INFINITY);
        const length = Math.min(left, stop - block, maxExtentLength);
        each?.(logical, block, length);
        block += length;
        logical += length;
        left -= length;
        if (block === stop) {
          block += this.#copyLength;
          copy++;
        }
      }
    }
    return count;
  }

  get #stop(): number {
    return this.#copies[this.#nextCopy] ?? Number.POSITIVE_INFINITY;
  }

  #advance(count: number): void {
    this.next += count;
    if (count > 0) this.end = this.next;
    this.#skip();
  }

  #skip(): void {
    while (this.next === this.#stop) {
      this.next += this.#copyLength;
      this.#nextCopy++;
    }
  }
}
