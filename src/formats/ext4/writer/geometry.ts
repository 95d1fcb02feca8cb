import { blockSize, blocksPerGroup } from '../layout/block-size.ts';
import { descriptorSize } from '../layout/group-descriptor.ts';
import { inodeSize } from './inode-shape.ts';

/** Inodes of one group: as many as a bitmap of one block counts. */
const maxInodesPerGroup = blocksPerGroup;

/** Blocks that the last group has at least beyond its copy of the superblock, as mke2fs has it. */
const minLastGroup = 50;

/** 32-bit block numbers that an indirect block of the resize inode holds. */
const addressesPerBlock = blockSize / 4;

const inodesPerBlock = blockSize / inodeSize;

/** Above this many blocks block numbers need the feature 64bit. */
export const max32BitBlocks = 2 ** 32 - 1;

export interface GeometryInput {
  /** Of the whole image; more if the inodes need more groups, fewer if the last group would be useless. */
  readonly blocks: number;
  /** At least this many. */
  readonly inodes: number;
  readonly writable: boolean;
  /** Blocks that the file system can grow to in place; 0: it can't grow. */
  readonly growTo: number;
  /** Whether `blocks` is a wish that must not be exceeded. */
  readonly isFixed: boolean;
}

/** How the image is divided into groups, and what each group's head holds. */
export interface Geometry {
  readonly blocks: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  /** Blocks of one group's inode table. */
  readonly tableBlocks: number;
  readonly bit64: boolean;
  readonly descriptorSize: number;
  readonly descriptorBlocks: number;
  /** Blocks kept behind the descriptors for those of groups to come. */
  readonly reservedDescriptorBlocks: number;
  /** Blocks of superblock, descriptors and reserve, in group 0 and in each backup group. */
  readonly headBlocks: number;
  /** Groups that begin with a copy of group 0's head, ascending. */
  readonly backupGroups: readonly number[];
}

export function makeGeometry(input: GeometryInput): Geometry {
  const minGroups = Math.ceil(input.inodes / maxInodesPerGroup);
  const minBlocks = minGroups > 1 ? (minGroups - 1) * blocksPerGroup + minLastGroup : 0;
  let blocks = input.isFixed ? input.blocks : Math.max(input.blocks, minBlocks);
  for (;;) {
    const geometry = divide(blocks, input);
    const { groups, headBlocks, backupGroups } = geometry;
    const before = (groups - 1) * blocksPerGroup;
    const needed = minLastGroup + (backupGroups.at(-1) === groups - 1 ? headBlocks : 0);
    if (groups === 1 || !input.writable || blocks - before >= needed) return geometry;
    blocks = input.isFixed ? before : before + needed;
  }
}

function divide(blocks: number, { inodes, writable, growTo }: GeometryInput): Geometry {
  const groups = Math.ceil(blocks / blocksPerGroup);
  const perGroup = Math.min(Math.ceil(inodes / groups), maxInodesPerGroup);
  const tableBlocks = Math.max(1, Math.ceil(perGroup / inodesPerBlock));
  const bit64 = Math.max(blocks, growTo) > max32BitBlocks;
  const size = bit64 ? descriptorSize.bit64 : descriptorSize.classic;
  const perBlock = blockSize / size;
  const descriptorBlocks = Math.ceil(groups / perBlock);
  const grownBlocks = Math.ceil(Math.ceil(growTo / blocksPerGroup) / perBlock);
  // The resize inode knows 32-bit block numbers only; beyond them the kernel grows by other means (meta_bg).
  const isMappable = blocks <= max32BitBlocks;
  const reserved = isMappable ? Math.min(Math.max(grownBlocks - descriptorBlocks, 0), addressesPerBlock) : 0;
  return {
    blocks,
    groups,
    inodesPerGroup: tableBlocks * inodesPerBlock,
    tableBlocks,
    bit64,
    descriptorSize: size,
    descriptorBlocks,
    reservedDescriptorBlocks: reserved,
    headBlocks: 1 + descriptorBlocks + reserved,
    backupGroups: writable ? sparseGroups(groups) : [],
  };
}

/** 1 and the powers of 3, 5 and 7 below `groups`, as the feature sparse_super has it. */
function sparseGroups(groups: number): number[] {
  const found = groups > 1 ? [1] : [];
  for (const base of [3, 5, 7]) {
    for (let group = base; group < groups; group *= base) found.push(group);
  }
  return found.sort((a, b) => a - b);
}
