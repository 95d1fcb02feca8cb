import type { RandomAccess } from '../../io/random-access.ts';
import { compatFeature, incompatFeature, roCompatFeature } from '../layout/features.ts';
import { descriptorSize } from '../layout/group-descriptor.ts';
import { goodOldInodeSize } from '../layout/inode.ts';
import { fileSystemSeed, superblockChecksum } from '../layout/metadata-checksum.ts';
import {
  checksumTypeCrc32c,
  superblockField as field,
  superblockMagic,
  superblockOffset,
  superblockSize,
} from '../layout/superblock.ts';
import { corrupt, wrongChecksum } from './image-error.ts';
import { refuseFeatures } from './supported-features.ts';

/** What the superblock says, checked: every size and count fits the others and the image. */
export interface Superblock {
  readonly blockSize: number;
  /** Bytes that are allocated at once; the block size without the feature bigalloc. */
  readonly clusterSize: number;
  readonly blocksCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groupsCount: number;
  readonly inodesCount: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  /** Lowest inode number of an ordinary file. */
  readonly firstInode: number;
  readonly descriptorSize: number;
  /** Groups from this meta group on keep their descriptors inside of the meta group. */
  readonly firstMetaBg: number;
  readonly backupGroups: readonly [number, number];
  readonly journalInode: number;
  /** Head of the list of inodes that were open when they lost their last name; 0 if there are none. */
  readonly lastOrphan: number;
  readonly uuid: DataView;
  /** What the checksums of metadata start from. */
  readonly checksumSeed: number;
  readonly has: {
    readonly journal: boolean;
    readonly journalDirty: boolean;
    readonly metadataChecksum: boolean;
    readonly groupChecksum: boolean;
    readonly metaBg: boolean;
    readonly bit64: boolean;
    readonly filetype: boolean;
    readonly largeDir: boolean;
    readonly hugeFile: boolean;
    readonly sparseSuper: boolean;
    readonly sparseSuper2: boolean;
    readonly eaInode: boolean;
    readonly orphanPresent: boolean;
    readonly fastCommit: boolean;
  };
}

const where = 'superblock';
const minBlockSize = 1024;
/** Block sizes go from 1 KiB to 64 KiB. */
const maxLogBlockSize = 6;
const maxLogClusterSize = 20;
const creatorLinux = 0;
const firstInodeOfRevision0 = 11;

/** Whether this claims to be an ext2, ext3 or ext4 file system. */
export function hasExt4Magic(image: RandomAccess): boolean {
  const magic = new Uint8Array(2);
  return (
    image.read(magic, superblockOffset + field.magic) === 2 &&
    new DataView(magic.buffer).getUint16(0, true) === superblockMagic
  );
}

/** Reads and checks the superblock. EXT4_CORRUPT, EXT4_CHECKSUM or EXT4_UNSUPPORTED, naming the field. */
export function readSuperblock(image: RandomAccess): Superblock {
  const bytes = new Uint8Array(superblockSize);
  if (image.read(bytes, superblockOffset) !== superblockSize) {
    throw corrupt(where, `an image of ${image.size} bytes has no superblock`);
  }
  const view = new DataView(bytes.buffer);
  const u32 = (offset: number) => view.getUint32(offset, true);
  const u16 = (offset: number) => view.getUint16(offset, true);
  if (u16(field.magic) !== superblockMagic) throw corrupt(where, 'this is no ext4 image (wrong magic number)');

  const revision = u32(field.revision);
  const isDynamic = revision === 1;
  if (revision > 1) throw corrupt(where, `unknown revision ${revision}`);
  const compat = isDynamic ? u32(field.featureCompat) : 0;
  const incompat = isDynamic ? u32(field.featureIncompat) : 0;
  const roCompat = isDynamic ? u32(field.featureRoCompat) : 0;
  refuseFeatures(incompat);
  const creator = u32(field.creatorOs);
  if (creator !== creatorLinux) throw corrupt(where, `made for operating system number ${creator}, not for Linux`);

  const metadataChecksum = (roCompat & roCompatFeature.metadataChecksum) !== 0;
  if (metadataChecksum) {
    const type = view.getUint8(field.checksumType);
    if (type !== checksumTypeCrc32c) throw corrupt(where, `unknown checksum type ${type}`);
    if (u32(field.checksum) !== superblockChecksum(view)) throw wrongChecksum(where);
  }

  const bit64 = (incompat & incompatFeature.bit64) !== 0;
  const blockSize = blockSizeOf(u32(field.logBlockSize));
  const blocksCount = u32(field.blocksCountLo) + (bit64 ? u32(field.blocksCountHi) * 2 ** 32 : 0);
  const firstDataBlock = u32(field.firstDataBlock);
  const blocksPerGroup = u32(field.blocksPerGroup);
  const isBigalloc = (roCompat & roCompatFeature.bigalloc) !== 0;
  checkBlocks({ image, blockSize, blocksCount, firstDataBlock, isBigalloc });
  checkGroups({
    blockSize,
    blocksPerGroup,
    isBigalloc,
    logBlockSize: u32(field.logBlockSize),
    logClusterSize: u32(field.logClusterSize),
    clustersPerGroup: u32(field.clustersPerGroup),
  });

  const groupsCount = Math.ceil((blocksCount - firstDataBlock) / blocksPerGroup);
  const inodesPerGroup = u32(field.inodesPerGroup);
  const inodesCount = u32(field.inodesCount);
  const inodeSize = isDynamic ? u16(field.inodeSize) : goodOldInodeSize;
  const firstInode = isDynamic ? u32(field.firstInode) : firstInodeOfRevision0;
  checkInodes({ blockSize, blocksCount, groupsCount, inodesPerGroup, inodesCount, inodeSize, firstInode });

  const sizeOfDescriptor = bit64 ? u16(field.descriptorSize) : descriptorSize.classic;
  if (bit64 && (!isPowerOf2(sizeOfDescriptor) || sizeOfDescriptor < descriptorSize.bit64 || sizeOfDescriptor > 1024)) {
    throw corrupt(where, `group descriptors of ${sizeOfDescriptor} bytes`);
  }

  const uuid = new DataView(bytes.buffer, field.uuid, 16);
  const hasSeed = (incompat & incompatFeature.checksumSeed) !== 0;
  return Object.freeze({
    blockSize,
    clusterSize: isBigalloc ? minBlockSize * 2 ** u32(field.logClusterSize) : blockSize,
    blocksCount,
    firstDataBlock,
    blocksPerGroup,
    groupsCount,
    inodesCount,
    inodesPerGroup,
    inodeSize,
    firstInode,
    descriptorSize: sizeOfDescriptor,
    firstMetaBg: u32(field.firstMetaBg),
    backupGroups: [u32(field.backupGroups), u32(field.backupGroups + 4)] as const,
    journalInode: u32(field.journalInode),
    lastOrphan: u32(field.lastOrphan),
    uuid,
    checksumSeed: hasSeed ? u32(field.checksumSeed) : fileSystemSeed(uuid),
    has: Object.freeze({
      journal: (compat & compatFeature.hasJournal) !== 0,
      journalDirty: (incompat & incompatFeature.recover) !== 0,
      metadataChecksum,
      groupChecksum: (roCompat & roCompatFeature.gdtChecksum) !== 0,
      metaBg: (incompat & incompatFeature.metaBg) !== 0,
      bit64,
      filetype: (incompat & incompatFeature.filetype) !== 0,
      largeDir: (incompat & incompatFeature.largeDir) !== 0,
      hugeFile: (roCompat & roCompatFeature.hugeFile) !== 0,
      sparseSuper: (roCompat & roCompatFeature.sparseSuper) !== 0,
      sparseSuper2: (compat & compatFeature.sparseSuper2) !== 0,
      eaInode: (incompat & incompatFeature.eaInode) !== 0,
      orphanPresent: (roCompat & roCompatFeature.orphanPresent) !== 0,
      fastCommit: (compat & compatFeature.fastCommit) !== 0,
    }),
  });
}

function blockSizeOf(log: number): number {
  if (log > maxLogBlockSize) throw corrupt(where, `block size of 2^${log} KiB`);
  return minBlockSize << log;
}

function checkBlocks(facts: {
  readonly image: RandomAccess;
  readonly blockSize: number;
  readonly blocksCount: number;
  readonly firstDataBlock: number;
  readonly isBigalloc: boolean;
}): void {
  const { image, blockSize, blocksCount, firstDataBlock, isBigalloc } = facts;
  if (blocksCount * blockSize > image.size) {
    throw corrupt(where, `${blocksCount} blocks of ${blockSize} bytes, but the image has ${image.size} bytes`);
  }
  const allowed = blockSize === minBlockSize ? (isBigalloc ? [0, 1] : [1]) : [0];
  if (!allowed.includes(firstDataBlock) || firstDataBlock >= blocksCount) {
    throw corrupt(where, `first data block ${firstDataBlock} of ${blocksCount}`);
  }
}

function checkGroups(facts: {
  readonly blockSize: number;
  readonly blocksPerGroup: number;
  readonly isBigalloc: boolean;
  readonly logBlockSize: number;
  readonly logClusterSize: number;
  readonly clustersPerGroup: number;
}): void {
  const { blockSize, blocksPerGroup, isBigalloc, logBlockSize, logClusterSize, clustersPerGroup } = facts;
  // A group's bitmap is one block.
  const bits = blockSize * 8;
  if (!isBigalloc) {
    if (blocksPerGroup === 0 || blocksPerGroup > bits) throw corrupt(where, `${blocksPerGroup} blocks in a group`);
    return;
  }
  if (logClusterSize < logBlockSize || logClusterSize > maxLogClusterSize) {
    throw corrupt(where, `cluster size of 2^${logClusterSize} KiB`);
  }
  const ratio = 2 ** (logClusterSize - logBlockSize);
  if (clustersPerGroup === 0 || clustersPerGroup > bits || blocksPerGroup !== clustersPerGroup * ratio) {
    throw corrupt(where, `${blocksPerGroup} blocks and ${clustersPerGroup} clusters in a group`);
  }
}

function checkInodes(facts: {
  readonly blockSize: number;
  readonly blocksCount: number;
  readonly groupsCount: number;
  readonly inodesPerGroup: number;
  readonly inodesCount: number;
  readonly inodeSize: number;
  readonly firstInode: number;
}): void {
  const { blockSize, blocksCount, groupsCount, inodesPerGroup, inodesCount, inodeSize, firstInode } = facts;
  if (!isPowerOf2(inodeSize) || inodeSize < goodOldInodeSize || inodeSize > blockSize) {
    throw corrupt(where, `inodes of ${inodeSize} bytes`);
  }
  if (inodesPerGroup === 0 || inodesPerGroup > blockSize * 8)
    throw corrupt(where, `${inodesPerGroup} inodes in a group`);
  if (inodesCount !== groupsCount * inodesPerGroup) {
    throw corrupt(where, `${inodesCount} inodes in ${groupsCount} groups of ${inodesPerGroup}`);
  }
  if (inodesCount * inodeSize > blocksCount * blockSize) {
    throw corrupt(where, `${inodesCount} inodes do not fit into the image`);
  }
  if (firstInode < firstInodeOfRevision0 || firstInode > inodesCount) {
    throw corrupt(where, `first ordinary inode ${firstInode} of ${inodesCount}`);
  }
}

function isPowerOf2(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
