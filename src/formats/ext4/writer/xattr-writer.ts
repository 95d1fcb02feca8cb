import { crc32c } from '../../checksum/crc32c.ts';
import { blockSize } from '../layout/block-size.ts';
import { xattrBlockChecksum } from '../layout/metadata-checksum.ts';
import { xattrEntry, xattrHeader, xattrMagic } from '../layout/xattr.ts';
import { wordsOfValue, xattrBlockHash, xattrEntryHash } from '../layout/xattr-hash.ts';
import { inodeSize, inodeXattrOffset } from './inode-shape.ts';
import type { XattrBlock } from './xattr-blocks.ts';
import { valueSize, type Xattr } from './xattr-plan.ts';

/** Writes the attributes in an inode that starts at `at`. */
export function writeInodeXattrs(view: DataView, at: number, xattrs: readonly Xattr[]): void {
  view.setUint32(at + inodeXattrOffset, xattrMagic, true);
  const first = at + inodeXattrOffset + 4;
  writeEntries(view, { first, end: at + inodeSize, offsetBase: first }, xattrs, [], 0);
}

/** Writes an attribute block into `view`, which spans it and is zero. */
export function writeXattrBlock(view: DataView, number: number, block: XattrBlock, fileSystemSeed: number): void {
  view.setUint32(xattrHeader.magic, xattrMagic, true);
  view.setUint32(xattrHeader.references, block.references, true);
  view.setUint32(xattrHeader.blocks, 1, true);
  const place = { first: xattrHeader.size, end: blockSize, offsetBase: 0 };
  const hashes = writeEntries(view, place, block.xattrs, block.valueInodes, fileSystemSeed);
  view.setUint32(xattrHeader.hash, xattrBlockHash(hashes), true);
  view.setUint32(xattrHeader.checksum, xattrBlockChecksum(fileSystemSeed, number, view), true);
}

/** The sum of a value that is kept in an inode of its own. */
export function valueInodeHash(fileSystemSeed: number, value: Uint8Array): number {
  return crc32c(fileSystemSeed, new DataView(value.buffer, value.byteOffset, value.byteLength)) >>> 0;
}

/** Entries grow from `first` on, values from `end` down; returns the entries' hashes. */
function writeEntries(
  view: DataView,
  place: { readonly first: number; readonly end: number; readonly offsetBase: number },
  xattrs: readonly Xattr[],
  valueInodes: readonly number[],
  fileSystemSeed: number,
): number[] {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let at = place.first;
  let end = place.end;
  return xattrs.map((xattr, i) => {
    const { name, nameIndex, value } = xattr;
    const valueInode = valueInodes[i] ?? 0;
    view.setUint8(at + xattrEntry.nameLength, name.length);
    view.setUint8(at + xattrEntry.nameIndex, nameIndex);
    if (valueInode === 0 && value.length > 0) {
      end -= valueSize(xattr);
      bytes.set(value, end);
      view.setUint16(at + xattrEntry.valueOffset, end - place.offsetBase, true);
    }
    view.setUint32(at + xattrEntry.valueInode, valueInode, true);
    view.setUint32(at + xattrEntry.valueSize, value.length, true);
    const words = valueInode === 0 ? wordsOfValue(value) : [valueInodeHash(fileSystemSeed, value)];
    const hash = xattrEntryHash(name, words);
    view.setUint32(at + xattrEntry.hash, hash, true);
    bytes.set(name, at + xattrEntry.name);
    at += (xattrEntry.name + name.length + 3) & ~3;
    return hash;
  });
}
