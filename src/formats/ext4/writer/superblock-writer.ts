import { blockSize, blocksPerGroup } from '../layout/block-size.ts';
import { halfMd4 } from '../layout/directory-hash.ts';
import { compatFeature, incompatFeature, roCompatFeature } from '../layout/features.ts';
import { firstOrdinaryInode, inodeBlockSize, reservedInode } from '../layout/inode.ts';
import { superblockChecksum } from '../layout/metadata-checksum.ts';
import {
  checksumTypeCrc32c,
  superblockField as field,
  superblockFlag,
  superblockMagic,
  superblockState,
} from '../layout/superblock.ts';
import { writeExtentRoot } from './extent-writer.ts';
import { extentsOf } from './extents-of.ts';
import type { Image } from './image.ts';
import { extraInodeSize, inodeSize } from './inode-shape.ts';

/** log2 of the groups whose metadata the kernel keeps together when it grows the file system. */
const logGroupsPerFlex = 4;

/** user_xattr and acl, as mke2fs sets them. */
const defaultMountOptions = 0x0c;

/** Writes the superblock, or its copy in `group`, into `view`, which spans it and is zero. */
export function writeSuperblock(view: DataView, image: Image, group: number): void {
  const { geometry } = image.layout;
  const { inodes } = image.collected;
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const freeBlocks = image.usage.freeBlocks.reduce((sum, count) => sum + count, 0);
  const allInodes = geometry.groups * geometry.inodesPerGroup;
  u32(field.inodesCount, allInodes);
  u32(field.blocksCountLo, geometry.blocks);
  u32(field.blocksCountHi, Math.floor(geometry.blocks / 2 ** 32));
  u32(field.freeBlocksCountLo, freeBlocks);
  u32(field.freeBlocksCountHi, Math.floor(freeBlocks / 2 ** 32));
  u32(field.freeInodesCount, allInodes - inodes.last);
  u32(field.logBlockSize, Math.log2(blockSize) - 10);
  u32(field.logClusterSize, Math.log2(blockSize) - 10);
  u32(field.blocksPerGroup, blocksPerGroup);
  u32(field.clustersPerGroup, blocksPerGroup);
  u32(field.inodesPerGroup, geometry.inodesPerGroup);
  u32(field.writeTime, image.epoch);
  u32(field.lastCheck, image.epoch);
  u32(field.makeTime, image.epoch);
  u16(field.maxMountCount, 0xffff);
  u16(field.magic, superblockMagic);
  u16(field.state, superblockState.clean);
  u16(field.errors, 1);
  u32(field.revision, 1);
  u32(field.firstInode, firstOrdinaryInode);
  u16(field.inodeSize, inodeSize);
  u16(field.blockGroupNumber, group);
  writeFeatures(view, image);
  copy(view, field.uuid, image.identity.uuid);
  copy(view, field.volumeName, image.label);
  u16(field.reservedGdtBlocks, geometry.reservedDescriptorBlocks);
  for (const [i, word] of image.identity.hashSeed.entries()) u32(field.hashSeed + 4 * i, word);
  view.setUint8(field.defaultHashVersion, halfMd4);
  u32(field.flags, superblockFlag.unsignedHash);
  if (geometry.bit64) u16(field.descriptorSize, geometry.descriptorSize);
  u32(field.defaultMountOptions, defaultMountOptions);
  u16(field.minExtraIsize, extraInodeSize);
  u16(field.wantExtraIsize, extraInodeSize);
  view.setUint8(field.logGroupsPerFlex, logGroupsPerFlex);
  view.setUint8(field.checksumType, checksumTypeCrc32c);
  if (image.journalBlocks > 0) writeJournalFields(view, image);
  u32(field.checksum, superblockChecksum(view));
}

function writeFeatures(view: DataView, image: Image): void {
  const { geometry } = image.layout;
  const isGrowable = geometry.reservedDescriptorBlocks > 0;
  view.setUint32(
    field.featureCompat,
    compatFeature.extAttr |
      compatFeature.dirIndex |
      (image.journalBlocks > 0 ? compatFeature.hasJournal : 0) |
      (isGrowable ? compatFeature.resizeInode : 0) |
      // Without backup groups in the superblock this says: no copies at all.
      (image.isWritable ? 0 : compatFeature.sparseSuper2),
    true,
  );
  view.setUint32(
    field.featureIncompat,
    incompatFeature.filetype |
      incompatFeature.extents |
      incompatFeature.flexBg |
      (geometry.bit64 ? incompatFeature.bit64 : 0) |
      (image.xattrs.valueInodes.length > 0 ? incompatFeature.eaInode : 0),
    true,
  );
  view.setUint32(
    field.featureRoCompat,
    roCompatFeature.sparseSuper |
      roCompatFeature.largeFile |
      roCompatFeature.hugeFile |
      roCompatFeature.dirNlink |
      roCompatFeature.extraIsize |
      roCompatFeature.metadataChecksum,
    true,
  );
}

/** The journal's inode number, and a copy of its map for the day when the inode is lost. */
function writeJournalFields(view: DataView, image: Image): void {
  const size = image.journalBlocks * blockSize;
  view.setUint32(field.journalInode, reservedInode.journal, true);
  view.setUint8(field.journalBackupType, 1);
  const tree = image.layout.trees.get(reservedInode.journal) ?? [];
  writeExtentRoot(view, field.journalBlocks, extentsOf(image, reservedInode.journal), tree);
  view.setUint32(field.journalBlocks + inodeBlockSize, Math.floor(size / 2 ** 32), true);
  view.setUint32(field.journalBlocks + inodeBlockSize + 4, size >>> 0, true);
}

function copy(view: DataView, at: number, bytes: Uint8Array): void {
  for (const [i, byte] of bytes.entries()) view.setUint8(at + i, byte);
}
