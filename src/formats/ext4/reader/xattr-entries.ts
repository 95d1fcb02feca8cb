import { type ByteString, byteString } from '../../../base/byte-string.ts';
import { goodOldInodeSize } from '../layout/inode.ts';
import { xattrBlockChecksum } from '../layout/metadata-checksum.ts';
import { xattrEntry as entry, xattrHeader as header, xattrMagic } from '../layout/xattr.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt, wrongChecksum } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';

/** An attribute as it is stored: the name's prefix is a number. */
export interface RawXattr {
  readonly nameIndex: number;
  readonly name: ByteString;
  readonly hash: number;
  /** 0: the value lies in `value`; else it is the content of this inode. */
  readonly valueInode: number;
  readonly valueSize: number;
  /** Empty where the value is in an inode of its own. */
  readonly value: Uint8Array;
  /** Position of `value` in the image, in bytes. */
  readonly valuePosition: number;
}

/** Bytes of the entries' end mark. */
const endMark = 4;

/** The attributes behind the inode's fields, then those of its attribute block. */
export function* rawXattrs(context: ImageContext, inode: Ext4Inode): Generator<RawXattr> {
  yield* inInode(context, inode);
  if (inode.xattrBlock !== 0) yield* inBlock(context, inode);
}

/** The attributes in the inode's own record. */
export function* inInode(context: ImageContext, inode: Ext4Inode): Generator<RawXattr> {
  const { record } = inode;
  const at = goodOldInodeSize + inode.extraSize;
  if (inode.extraSize === 0 || at + 4 + endMark > record.byteLength) return;
  if (record.getUint32(at, true) !== xattrMagic) return;
  const area = new DataView(record.buffer, record.byteOffset + at + 4, record.byteLength - at - 4);
  const position = inode.position + at + 4;
  yield* entriesOf(context, { area, first: 0, position, where: `inode ${inode.number}, attributes` });
}

function* inBlock(context: ImageContext, inode: Ext4Inode): Generator<RawXattr> {
  const { superblock, blocks } = context;
  const number = inode.xattrBlock;
  const where = `inode ${inode.number}, attribute block ${number}`;
  if (number <= superblock.firstDataBlock) throw corrupt(where, 'outside of the image');
  const { view } = blocks.read(number, where);
  if (view.getUint32(header.magic, true) !== xattrMagic) throw corrupt(where, 'wrong magic number');
  const count = view.getUint32(header.blocks, true);
  if (count !== 1) throw corrupt(where, `it claims ${count} blocks`);
  if (superblock.has.metadataChecksum) {
    const computed = xattrBlockChecksum(superblock.checksumSeed, number, view);
    if (view.getUint32(header.checksum, true) !== computed) throw wrongChecksum(where);
  }
  yield* entriesOf(context, { area: view, first: header.size, position: number * superblock.blockSize, where });
}

/** `area` is what value offsets count from; its first entry lies at `first`. */
interface EntryArea {
  readonly area: DataView;
  readonly first: number;
  readonly position: number;
  readonly where: string;
}

function* entriesOf({ budget }: ImageContext, { area, first, position, where }: EntryArea): Generator<RawXattr> {
  const size = area.byteLength;
  let at = first;
  while (true) {
    if (at + endMark > size) throw corrupt(where, 'the list of attributes has no end');
    if (area.getUint32(at, true) === 0) return;
    budget.spend(1);
    const nameLength = area.getUint8(at + entry.nameLength);
    const nameEnd = at + entry.name + nameLength;
    if (nameEnd + endMark > size) throw corrupt(where, 'an attribute runs out of its area');
    const name = byteString(new Uint8Array(area.buffer, area.byteOffset + at + entry.name, nameLength));
    const valueInode = area.getUint32(at + entry.valueInode, true);
    const valueSize = area.getUint32(at + entry.valueSize, true);
    const offset = area.getUint16(at + entry.valueOffset, true);
    const isHere = valueInode === 0 && valueSize > 0;
    if (isHere && (offset < first || offset + valueSize > size)) {
      throw corrupt(where, `the value of an attribute (${valueSize} bytes at ${offset}) is out of its area`);
    }
    yield {
      nameIndex: area.getUint8(at + entry.nameIndex),
      name,
      hash: area.getUint32(at + entry.hash, true),
      valueInode,
      valueSize,
      value: new Uint8Array(area.buffer, area.byteOffset + (isHere ? offset : 0), isHere ? valueSize : 0),
      valuePosition: position + offset,
    };
    // Entries begin at multiples of four bytes.
    at = (nameEnd + 3) & ~3;
  }
}
