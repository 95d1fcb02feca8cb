import type { FileKind } from '../../tree/entry.ts';
import { decodeDevice } from '../layout/device-number.ts';
import { inodeField as field, goodOldInodeSize, inodeFlag, modeType, reservedInode } from '../layout/inode.ts';
import { inodeChecksum, inodeSeed } from '../layout/metadata-checksum.ts';
import { decodeNanoseconds, decodeSeconds } from '../layout/time.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt, unsupported, wrongChecksum } from './image-error.ts';

/** An inode in use, as it is on disk. */
export interface Ext4Inode {
  readonly number: number;
  readonly kind: FileKind;
  /** Permission, setuid, setgid and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of the inode. */
  readonly links: number;
  /** In bytes; of a directory and a symlink too. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Of devices, else 0. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** `inodeFlag` bits. */
  readonly flags: number;
  /** The block with further extended attributes; 0 if there is none. */
  readonly xattrBlock: number;
  /** 512-byte sectors in use, the attribute block included. */
  readonly sectors: number;
  /** Bytes of the record beyond the first 128 that hold fields; attributes follow them. */
  readonly extraSize: number;
  /** What the checksums of the inode's directory and extent blocks start from. */
  readonly seed: number;
  /** The whole record. */
  readonly record: DataView;
  /** Position of the record in the image, in bytes. */
  readonly position: number;
}

const kinds: Readonly<Record<number, FileKind>> = {
  [modeType.fifo]: 'fifo',
  [modeType.character]: 'character',
  [modeType.directory]: 'directory',
  [modeType.block]: 'block',
  [modeType.file]: 'file',
  [modeType.symlink]: 'symlink',
  [modeType.socket]: 'socket',
};

/**
 * Reads one inode and verifies its checksum. EXT4_CORRUPT if it is free, outside of the image or of no known type;
 * EXT4_UNSUPPORTED if it is encrypted, verity-protected or case-insensitive.
 */
export function readInode(context: ImageContext, number: number): Ext4Inode {
  const { superblock, budget } = context;
  const where = `inode ${number}`;
  budget.spend(1);
  const isReserved = number < superblock.firstInode && number !== reservedInode.root;
  const isJournal = number === superblock.journalInode && superblock.has.journal;
  if (!Number.isSafeInteger(number) || number < 1 || number > superblock.inodesCount || (isReserved && !isJournal)) {
    throw corrupt(where, `not the number of a file (${superblock.inodesCount} inodes)`);
  }
  const { record, position } = recordOf(context, number, where);
  const u32 = (offset: number) => record.getUint32(offset, true);
  const u16 = (offset: number) => record.getUint16(offset, true);

  const extraSize = superblock.inodeSize > goodOldInodeSize ? u16(field.extraIsize) : 0;
  if (extraSize % 4 !== 0 || goodOldInodeSize + extraSize > superblock.inodeSize) {
    throw corrupt(where, `${extraSize} extra bytes in a record of ${superblock.inodeSize}`);
  }
  const seed = inodeSeed(superblock.checksumSeed, number, u32(field.generation));
  if (superblock.has.metadataChecksum) verify(record, seed, extraSize, where);

  const fullMode = u16(field.mode);
  const kind = kinds[fullMode & modeType.mask];
  const links = u16(field.links);
  if (links === 0) throw corrupt(where, 'it is not in use (no links), but something refers to it');
  if (kind === undefined) throw corrupt(where, `unknown file type in mode 0${fullMode.toString(8)}`);
  const flags = u32(field.flags);
  refuseFlags(flags, kind, where);

  const has = (offset: number) => goodOldInodeSize + extraSize >= offset + 4;
  const mtimeExtra = has(field.mtimeExtra) ? u32(field.mtimeExtra) : 0;
  const mtimeNsec = decodeNanoseconds(mtimeExtra);
  if (mtimeNsec >= 1e9) throw corrupt(where, `${mtimeNsec} nanoseconds in its modification time`);
  const hasSizeHi = kind === 'file' || superblock.has.largeDir;
  const size = u32(field.sizeLo) + (hasSizeHi ? u32(field.sizeHi) * 2 ** 32 : 0);
  // Logical block numbers have 32 bits.
  if (size > 2 ** 32 * superblock.blockSize) throw corrupt(where, `a size of ${size} bytes`);
  const isDevice = kind === 'character' || kind === 'block';
  const device = isDevice ? decodeDevice(u32(field.block), u32(field.block + 4)) : { major: 0, minor: 0 };
  const sectors = u32(field.blocksLo) + (superblock.has.hugeFile ? u16(field.blocksHi) * 2 ** 32 : 0);
  const isInBlocks = superblock.has.hugeFile && (flags & inodeFlag.hugeFile) !== 0;
  return {
    number,
    kind,
    mode: fullMode & 0o7777,
    uid: u16(field.uidLo) + u16(field.uidHi) * 2 ** 16,
    gid: u16(field.gidLo) + u16(field.gidHi) * 2 ** 16,
    links,
    size,
    mtimeSec: decodeSeconds(u32(field.mtime), mtimeExtra),
    mtimeNsec,
    deviceMajor: device.major,
    deviceMinor: device.minor,
    flags,
    xattrBlock: u32(field.xattrBlockLo) + u16(field.xattrBlockHi) * 2 ** 32,
    sectors: isInBlocks ? sectors * (superblock.blockSize / 512) : sectors,
    extraSize,
    seed,
    record,
    position,
  };
}

function recordOf(
  { superblock, groups, blocks }: ImageContext,
  number: number,
  where: string,
): { readonly record: DataView; readonly position: number } {
  const { inodesPerGroup, inodeSize, blockSize } = superblock;
  const index = (number - 1) % inodesPerGroup;
  const offset = index * inodeSize;
  const block = groups.inodeTable(Math.floor((number - 1) / inodesPerGroup)) + Math.floor(offset / blockSize);
  const { bytes } = blocks.read(block, where);
  const inBlock = offset % blockSize;
  return {
    record: new DataView(bytes.buffer, bytes.byteOffset + inBlock, inodeSize),
    position: block * blockSize + inBlock,
  };
}

function verify(record: DataView, seed: number, extraSize: number, where: string): void {
  const computed = inodeChecksum(seed, record);
  const hasHigh = extraSize >= field.checksumHi + 2 - goodOldInodeSize;
  const high = hasHigh ? record.getUint16(field.checksumHi, true) * 2 ** 16 : 0;
  const stored = high + record.getUint16(field.checksumLo, true);
  if (stored !== (hasHigh ? computed : computed & 0xffff)) throw wrongChecksum(where);
}

function refuseFlags(flags: number, kind: FileKind, where: string): void {
  if ((flags & inodeFlag.encrypt) !== 0) throw unsupported(where, 'encryption (fscrypt)');
  if ((flags & inodeFlag.verity) !== 0) throw unsupported(where, 'fs-verity');
  if ((flags & inodeFlag.casefold) !== 0 && kind === 'directory') {
    throw unsupported(where, 'a case-insensitive directory (casefold)');
  }
}
