import type { Blocks } from './blocks.ts';
import type { Budget } from './budget.ts';
import type { Groups } from './groups.ts';
import type { Superblock } from './superblock.ts';

/** What every part of the reader works on: an image whose superblock has been checked. */
export interface ImageContext {
  readonly superblock: Superblock;
  readonly blocks: Blocks;
  readonly groups: Groups;
  readonly budget: Budget;
}
