import { blocksPerGroup } from '../layout/block-size.ts';
import { groupFlag } from '../layout/group-descriptor.ts';
import type { Collected } from './collect.ts';
import type { LayoutPlan } from './layout-plan.ts';

/** What is in use in each group, by group number. */
export interface GroupUsage {
  readonly freeBlocks: Uint32Array;
  readonly usedInodes: Uint32Array;
  readonly folders: Uint32Array;
  readonly flags: Uint8Array;
}

export function countGroupUsage({ inodes, folders }: Collected, { geometry, cursor }: LayoutPlan): GroupUsage {
  const { groups, blocks, inodesPerGroup, headBlocks } = geometry;
  const usage: GroupUsage = {
    freeBlocks: new Uint32Array(groups),
    usedInodes: new Uint32Array(groups),
    folders: new Uint32Array(groups),
    flags: new Uint8Array(groups),
  };
  const backups = new Set(geometry.backupGroups);
  for (let group = 0; group < groups; group++) {
    const first = group * blocksPerGroup;
    const end = Math.min(first + blocksPerGroup, blocks);
    const passed = Math.min(Math.max(cursor.end - first, 0), end - first);
    const head = passed === 0 && backups.has(group) ? headBlocks : 0;
    usage.freeBlocks[group] = end - first - passed - head;
    usage.usedInodes[group] = Math.min(Math.max(inodes.last - group * inodesPerGroup, 0), inodesPerGroup);
    // A bitmap that is not on disk says: only the group's own copy of the head is in use. The last group's bitmap
    // has to be there, for the bits beyond the end.
    const isUntouched = passed === 0 && group < groups - 1;
    usage.flags[group] =
      groupFlag.inodeZeroed |
      (isUntouched ? groupFlag.blockUninit : 0) |
      (usage.usedInodes[group] === 0 ? groupFlag.inodeUninit : 0);
  }
  for (const [first, end] of pairs(cursor.gaps)) {
    for (let block = first; block < end; block++) {
      const group = Math.floor(block / blocksPerGroup);
      usage.freeBlocks[group] = (usage.freeBlocks[group] as number) + 1;
    }
  }
  for (const folder of folders) {
    const group = Math.floor((folder - 1) / inodesPerGroup);
    usage.folders[group] = (usage.folders[group] as number) + 1;
  }
  return usage;
}

export function* pairs(flat: readonly number[]): Generator<readonly [number, number]> {
  for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] as number, flat[i + 1] as number];
}
