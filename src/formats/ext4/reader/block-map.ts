import { inodeField } from '../layout/inode.ts';
import type { BlockRange } from './block-range.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';

const directBlocks = 12;

/**
 * The mapped ranges of a file with the block map of ext2 and ext3: 12 direct blocks, then one indirect, one double
 * and one triple indirect block. Only the blocks that the file's size reaches are looked at.
 */
export function* blockMapRanges(context: ImageContext, inode: Ext4Inode): Generator<BlockRange> {
  const { blockSize } = context.superblock;
  const needed = Math.ceil(inode.size / blockSize);
  const pointer = (index: number) => inode.record.getUint32(inodeField.block + index * 4, true);
  let run: BlockRange | undefined;
  for (const one of mappedBlocks(context, inode, pointer, needed)) {
    if (run !== undefined && one.logical === run.logical + run.count && one.physical === run.physical + run.count) {
      run = { logical: run.logical, physical: run.physical, count: run.count + 1 };
      continue;
    }
    if (run !== undefined) yield run;
    run = one;
  }
  if (run !== undefined) yield run;
}

function* mappedBlocks(
  context: ImageContext,
  inode: Ext4Inode,
  pointer: (index: number) => number,
  needed: number,
): Generator<BlockRange> {
  const perBlock = context.superblock.blockSize / 4;
  for (let i = 0; i < directBlocks; i++) yield* pointed(context, inode, pointer(i), 0, i, needed);
  let logical = directBlocks;
  for (let level = 1; level <= 3; level++) {
    yield* pointed(context, inode, pointer(directBlocks + level - 1), level, logical, needed);
    logical += perBlock ** level;
  }
  if (needed > logical)
    throw corrupt(`inode ${inode.number}`, `a size of ${inode.size} bytes exceeds what its block map can hold`);
}

/** What a pointer maps that leads through `level` further blocks. */
function* pointed(
  context: ImageContext,
  inode: Ext4Inode,
  block: number,
  level: number,
  logical: number,
  needed: number,
): Generator<BlockRange> {
  if (block === 0 || logical >= needed) return;
  const { superblock, blocks, budget } = context;
  const where = `inode ${inode.number}, block map`;
  if (block <= superblock.firstDataBlock || block >= superblock.blocksCount) {
    throw corrupt(where, `block ${block} is outside of the image`);
  }
  budget.spend(1);
  if (level === 0) {
    yield { logical, physical: block, count: 1 };
    return;
  }
  const { view } = blocks.read(block, where);
  const perBlock = superblock.blockSize / 4;
  const step = perBlock ** (level - 1);
  for (let i = 0; i < perBlock; i++) {
    yield* pointed(context, inode, view.getUint32(i * 4, true), level - 1, logical + i * step, needed);
  }
}
