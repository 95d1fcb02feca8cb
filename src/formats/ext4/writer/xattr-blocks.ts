import { blockSize } from '../layout/block-size.ts';
import { modeType } from '../layout/inode.ts';
import { maxXattrReferences } from '../layout/xattr.ts';
import type { Collected } from './collect.ts';
import type { Xattr } from './xattr-plan.ts';

/** An attribute block of one or more inodes. */
export interface XattrBlock {
  readonly xattrs: readonly Xattr[];
  /** Inode number of each attribute's value, 0 where the value lies in the block. */
  readonly valueInodes: readonly number[];
  /** Blocks of values in inodes of their own: the kernel counts them as blocks of each inode that has this block. */
  readonly valueBlocks: number;
  /** Inodes that have this block. */
  references: number;
}

/** An inode that holds the value of an attribute; numbered behind all others. */
export interface ValueInode {
  readonly inode: number;
  readonly value: Uint8Array;
  /** Attribute blocks that name it. */
  references: number;
}

export interface XattrStorage {
  /** `InodeList.xattrBlock` is the index of an inode's block plus one. */
  readonly blocks: readonly XattrBlock[];
  readonly valueInodes: readonly ValueInode[];
}

/** Gives each inode whose attributes need one its block, shared or not, and makes the inodes of large values. */
export function assignXattrBlocks({ inodes, xattrPlans }: Collected, share: boolean): XattrStorage {
  const blocks: XattrBlock[] = [];
  const valueInodes: ValueInode[] = [];
  const limit = share ? maxXattrReferences : 1;
  const current = new Map<number, number>();
  const valuesOfPlan = new Map<number, readonly (ValueInode | undefined)[]>();
  const last = inodes.last;
  for (let inode = 1; inode <= last && xattrPlans.length > 0; inode++) {
    const index = inodes.xattrs[inode] as number;
    const plan = xattrPlans[index];
    if (plan === undefined || plan.inBlock.length === 0) continue;
    let place = current.get(index);
    if (place === undefined || (blocks[place]?.references ?? 0) >= limit) {
      let values = valuesOfPlan.get(index);
      if (values === undefined) {
        values = plan.inBlock.map(({ value }, at) => (plan.valueInodes.has(at) ? newValueInode(value) : undefined));
        valuesOfPlan.set(index, values);
      }
      for (const value of values) if (value !== undefined) value.references++;
      place =
        blocks.push({
          xattrs: plan.inBlock,
          valueInodes: values.map((value) => value?.inode ?? 0),
          valueBlocks: values.reduce((sum, value) => sum + Math.ceil((value?.value.length ?? 0) / blockSize), 0),
          references: 0,
        }) - 1;
      current.set(index, place);
    }
    const block = blocks[place];
    if (block !== undefined) block.references++;
    inodes.xattrBlock[inode] = place + 1;
  }
  return { blocks, valueInodes };

  function newValueInode(value: Uint8Array): ValueInode {
    const inode = inodes.add();
    inodes.mode[inode] = modeType.file | 0o600;
    inodes.links[inode] = 1;
    inodes.size[inode] = value.length;
    const made = { inode, value, references: 0 };
    valueInodes.push(made);
    return made;
  }
}
