import { type ByteString, byteString } from '../../../base/byte-string.ts';
import { directoryEntry as entry, maxNameLength } from '../layout/directory.ts';
import { inodeFlag } from '../layout/inode.ts';
import { recordLength, verifyDirectoryBlock } from './directory-checksum.ts';
import { blockRanges } from './file-ranges.ts';
import type { ImageContext } from './image-context.ts';
import { corrupt, overLimit } from './image-error.ts';
import { inlineParts } from './inline-data.ts';
import type { Ext4Inode } from './inode.ts';
import { maxDirectoryEntries } from './limits.ts';

/** A name in a directory; never `.` or `..`. */
export interface DirectoryEntry {
  readonly name: ByteString;
  readonly inode: number;
}

/** Bytes of an inline directory's first field: the number of its parent. */
const inlineParentSize = 4;

/**
 * The names of a directory in byte order. A hashed directory is read like a linear one: its index blocks look like
 * empty entries, and no hash is trusted.
 */
export function readDirectory(context: ImageContext, inode: Ext4Inode): readonly DirectoryEntry[] {
  const found: DirectoryEntry[] = [];
  for (const one of directoryEntries(context, inode)) {
    if (found.length >= maxDirectoryEntries) {
      throw overLimit(`inode ${inode.number}`, `a directory of more than ${maxDirectoryEntries} names`);
    }
    found.push(one);
  }
  found.sort(compareNames);
  for (let i = 1; i < found.length; i++) {
    if (found[i]?.name === found[i - 1]?.name)
      throw corrupt(`inode ${inode.number}, directory`, 'a name is there twice');
  }
  return found;
}

function compareNames(a: DirectoryEntry, b: DirectoryEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** The names of a directory in the order of the disk. */
export function* directoryEntries(context: ImageContext, inode: Ext4Inode): Generator<DirectoryEntry> {
  if (inode.kind !== 'directory') throw corrupt(`inode ${inode.number}`, `a ${inode.kind} in the place of a directory`);
  if ((inode.flags & inodeFlag.inlineData) !== 0) {
    yield* inlineEntries(context, inode);
    return;
  }
  const { superblock, blocks } = context;
  const { blockSize } = superblock;
  const where = `inode ${inode.number}, directory`;
  const count = inode.size / blockSize;
  if (inode.size === 0 || !Number.isInteger(count)) throw corrupt(where, `a size of ${inode.size} bytes`);
  let next = 0;
  for (const range of blockRanges(context, inode)) {
    if (range.logical !== next || next >= count) break;
    const used = Math.min(range.count, count - next);
    for (let i = 0; i < used; i++) {
      const place = `${where}, block ${range.physical + i}`;
      const { view } = blocks.read(range.physical + i, where);
      if (superblock.has.metadataChecksum) verifyDirectoryBlock(view, inode.seed, place);
      yield* blockEntries(context, inode, { view, place, holdsDots: next + i === 0 });
    }
    next += used;
  }
  if (next < count) throw corrupt(where, `it has a hole at its block ${next}`);
}

interface EntryBlock {
  readonly view: DataView;
  readonly place: string;
  /** The block begins with `.` and `..`. */
  readonly holdsDots: boolean;
}

function* blockEntries(context: ImageContext, inode: Ext4Inode, block: EntryBlock): Generator<DirectoryEntry> {
  const { view, place, holdsDots } = block;
  const { superblock, budget } = context;
  const end = view.byteLength;
  for (let at = 0, index = 0; at < end; index++) {
    budget.spend(1);
    const length = at + entry.name <= end ? recordLength(view, at) : 0;
    const nameLength = length < entry.name ? 0 : nameLengthOf(view, at, superblock.has.filetype);
    if (length < entry.name + 4 || length % 4 !== 0 || at + length > end || entry.name + nameLength > length) {
      throw corrupt(place, `the entry at byte ${at} has ${length} bytes and a name of ${nameLength}`);
    }
    const number = view.getUint32(at + entry.inode, true);
    const start = at + entry.name;
    at += length;
    const isDot = holdsDots && index < 2;
    if (number === 0 && !isDot) continue;
    const name = byteString(new Uint8Array(view.buffer, view.byteOffset + start, nameLength));
    if (isDot) {
      checkDot(inode, index, name, number, place);
      continue;
    }
    checkName(name, place);
    if (number > superblock.inodesCount) throw corrupt(place, `an entry refers to inode ${number}, which can't be`);
    yield { name, inode: number };
  }
}

/** Without the feature filetype the name's length has 16 bits. */
function nameLengthOf(view: DataView, at: number, hasFiletype: boolean): number {
  return hasFiletype ? view.getUint8(at + entry.nameLength) : view.getUint16(at + entry.nameLength, true);
}

function checkDot(inode: Ext4Inode, index: number, name: ByteString, number: number, place: string): void {
  const isRight = index === 0 ? name === '.' && number === inode.number : name === '..';
  if (!isRight) throw corrupt(place, `its entry ${index + 1} is not the directory's '${index === 0 ? '.' : '..'}'`);
}

function checkName(name: ByteString, place: string): void {
  if (
    name.length === 0 ||
    name.length > maxNameLength ||
    name === '.' ||
    name === '..' ||
    name.includes('/') ||
    name.includes('\0')
  ) {
    throw corrupt(place, "a name that can't be");
  }
}

/** Neither `.` nor `..`; the two parts hold entries of their own. */
function* inlineEntries(context: ImageContext, inode: Ext4Inode): Generator<DirectoryEntry> {
  const [first, second] = inlineParts(context, inode);
  const place = `inode ${inode.number}, inline directory`;
  if (first.bytes.length < inlineParentSize) throw corrupt(place, `a size of ${inode.size} bytes`);
  for (const bytes of [first.bytes.subarray(inlineParentSize), second.bytes]) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    yield* blockEntries(context, inode, { view, place, holdsDots: false });
  }
}
