import { blockSize } from '../layout/block-size.ts';

/** Blocks: the least that JBD2 takes. */
const minJournalBlocks = 1024;

/** Image sizes in blocks up to which a journal has so many blocks, as mke2fs has them for journals within the image. */
const steps: readonly (readonly [number, number])[] = [
  [2048, 0],
  [32768, 1024],
  [256 * 1024, 4096],
  [512 * 1024, 8192],
  [4096 * 1024, 16384],
  [8192 * 1024, 32768],
  [16384 * 1024, 65536],
  [32768 * 1024, 131072],
];

/** Blocks of the journal of an image of so many blocks; 0 where the image is too small for one. */
export function journalBlocks(journal: boolean | number, blocks: number): number {
  if (journal === false) return 0;
  if (journal !== true) return Math.max(minJournalBlocks, Math.ceil(journal / blockSize));
  return steps.find(([below]) => blocks < below)?.[1] ?? 262144;
}
