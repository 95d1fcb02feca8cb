import { crc16 } from '../../checksum/crc16.ts';
import { groupField as field, groupFlag } from '../layout/group-descriptor.ts';
import { groupChecksum } from '../layout/metadata-checksum.ts';
import { superblockOffset } from '../layout/superblock.ts';
import type { Blocks } from './blocks.ts';
import { corrupt, wrongChecksum } from './image-error.ts';
import type { Superblock } from './superblock.ts';

export interface Groups {
  /** First block of the group's inode table; every block of the table lies in the image. */
  inodeTable(group: number): number;
}

/** Reads group descriptors when they are asked for. */
export function createGroups(superblock: Superblock, blocks: Blocks): Groups {
  const tables = new Map<number, number>();
  return {
    inodeTable(group) {
      const known = tables.get(group);
      if (known !== undefined) return known;
      const table = readInodeTable(superblock, blocks, group);
      tables.set(group, table);
      return table;
    },
  };
}

function readInodeTable(superblock: Superblock, blocks: Blocks, group: number): number {
  const where = `descriptor of group ${group}`;
  if (!Number.isSafeInteger(group) || group < 0 || group >= superblock.groupsCount) {
    throw corrupt(where, `the image has ${superblock.groupsCount} groups`);
  }
  const perBlock = superblock.blockSize / superblock.descriptorSize;
  const block = blocks.read(descriptorBlock(superblock, Math.floor(group / perBlock)), where);
  const descriptor = new DataView(
    block.bytes.buffer,
    block.bytes.byteOffset + (group % perBlock) * superblock.descriptorSize,
    superblock.descriptorSize,
  );
  verify(superblock, group, descriptor, where);
  const hasSums = superblock.has.metadataChecksum || superblock.has.groupChecksum;
  if (hasSums && (descriptor.getUint16(field.flags, true) & groupFlag.inodeUninit) !== 0) {
    throw corrupt(where, 'an inode of the group is used, but its inode table is not initialised');
  }
  const high = superblock.has.bit64 ? descriptor.getUint32(field.inodeTableHi, true) : 0;
  const table = descriptor.getUint32(field.inodeTableLo, true) + high * 2 ** 32;
  const length = Math.ceil((superblock.inodesPerGroup * superblock.inodeSize) / superblock.blockSize);
  if (table <= superblock.firstDataBlock || table + length > superblock.blocksCount) {
    throw corrupt(where, `the inode table at block ${table} is outside of the image`);
  }
  return table;
}

/** Kernel super.c, descriptor_loc. */
function descriptorBlock(superblock: Superblock, index: number): number {
  const { has, firstMetaBg, blockSize, firstDataBlock } = superblock;
  const superblockBlock = Math.floor(superblockOffset / blockSize);
  if (!has.metaBg || index < firstMetaBg) return superblockBlock + 1 + index;
  const firstGroup = index * (blockSize / superblock.descriptorSize);
  let skip = holdsSuperblock(superblock, firstGroup) ? 1 : 0;
  if (blockSize === superblockOffset && index === 0 && firstDataBlock === 0) skip++;
  return firstDataBlock + firstGroup * superblock.blocksPerGroup + skip;
}

function holdsSuperblock(superblock: Superblock, group: number): boolean {
  if (group === 0) return true;
  if (superblock.has.sparseSuper2) return superblock.backupGroups.includes(group);
  if (group === 1 || !superblock.has.sparseSuper) return true;
  return [3, 5, 7].some((base) => isPowerOf(group, base));
}

function isPowerOf(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

function verify(superblock: Superblock, group: number, descriptor: DataView, where: string): void {
  const stored = descriptor.getUint16(field.checksum, true);
  if (superblock.has.metadataChecksum) {
    if (stored !== groupChecksum(superblock.checksumSeed, group, descriptor)) throw wrongChecksum(where);
    return;
  }
  if (superblock.has.groupChecksum && stored !== classicChecksum(superblock, group, descriptor)) {
    throw wrongChecksum(where);
  }
}

/** Of the feature gdt_csum (kernel super.c, ext4_group_desc_csum). */
function classicChecksum(superblock: Superblock, group: number, descriptor: DataView): number {
  const number = new DataView(new ArrayBuffer(4));
  number.setUint32(0, group, true);
  const crc = crc16(crc16(crc16(0xffff, superblock.uuid), number), descriptor, 0, field.checksum);
  return superblock.has.bit64 ? crc16(crc, descriptor, field.checksum + 2) : crc;
}
