import type { RandomAccess } from '../../io/random-access.ts';
import type { Budget } from './budget.ts';
import { corrupt } from './image-error.ts';
import { blockCacheBytes } from './limits.ts';

/** One block of the image; nobody may change it. */
export interface Block {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The image as numbered blocks, the last used ones kept in memory. */
export interface Blocks {
  readonly size: number;
  readonly count: number;
  /** EXT4_CORRUPT, with `where` as the place that names the block, if the image has no such block. */
  read(number: number, where: string): Block;
}

export function createBlocks(image: RandomAccess, size: number, count: number, budget: Budget): Blocks {
  const kept = new Map<number, Block>();
  const capacity = Math.max(16, Math.floor(blockCacheBytes / size));
  let last: Block | undefined;
  return {
    size,
    count,
    read(number, where) {
      if (last?.number === number) return last;
      const known = kept.get(number);
      if (known !== undefined) {
        kept.delete(number);
        kept.set(number, known);
        last = known;
        return known;
      }
      budget.spend(1);
      if (!Number.isSafeInteger(number) || number < 0 || number >= count) {
        throw corrupt(where, `block ${number} is outside of the image's ${count} blocks`);
      }
      const bytes = new Uint8Array(size);
      if (image.read(bytes, number * size) !== size) throw corrupt(where, `the image ends inside of block ${number}`);
      const block: Block = { number, bytes, view: new DataView(bytes.buffer) };
      if (kept.size >= capacity) {
        const oldest = kept.keys().next();
        if (!oldest.done) kept.delete(oldest.value);
      }
      kept.set(number, block);
      last = block;
      return block;
    },
  };
}
