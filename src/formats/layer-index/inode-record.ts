import type { ByteString } from '../../base/byte-string.ts';
import type { DataExtent, FileKind, InodeMeta } from '../tree/entry.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** What a layer says of an inode, without its number and its count of links. */
export interface RawInode extends InodeMeta {
  readonly data: readonly DataExtent[];
}

const kinds: readonly FileKind[] = ['file', 'directory', 'symlink', 'character', 'block', 'fifo', 'socket'];
const kindNumbers: ReadonlyMap<FileKind, number> = new Map(kinds.map((kind, number) => [kind, number]));

const kindMask = 0x07;
const hasXattrs = 0x08;
const hasNsec = 0x10;
const hasOwner = 0x20;
const isSparse = 0x40;

function kindNumberOf(kind: FileKind): number {
  return kindNumbers.get(kind) ?? 0;
}

/** docs/formats/layer-index.md, "Inode record". */
export function encodeInode(out: ByteWriter, inode: RawInode): void {
  const { uid, gid, mtimeNsec, size, data, xattrs } = inode;
  const whole = data.length === 1 && data[0]?.fileOffset === 0 && data[0].length === size;
  let first = kindNumberOf(inode.kind);
  if (xattrs !== undefined && xattrs.size > 0) first |= hasXattrs;
  if (mtimeNsec !== 0) first |= hasNsec;
  if (uid !== 0 || gid !== 0) first |= hasOwner;
  if (size > 0 && !whole) first |= isSparse;
  out.byte(first);
  out.varint(inode.mode);
  if (first & hasOwner) {
    out.varint(uid);
    out.varint(gid);
  }
  out.signed(inode.mtimeSec);
  if (first & hasNsec) out.varint(mtimeNsec);
  switch (inode.kind) {
    case 'file':
      out.varint(size);
      if (first & isSparse) encodeExtents(out, data);
      else if (whole) out.varint(data[0]?.blobOffset ?? 0);
      break;
    case 'symlink':
      out.varint(inode.linkTarget?.length ?? 0);
      if (inode.linkTarget !== undefined) out.text(inode.linkTarget);
      break;
    case 'character':
    case 'block':
      out.varint(inode.deviceMajor ?? 0);
      out.varint(inode.deviceMinor ?? 0);
      break;
    case 'directory':
    case 'fifo':
    case 'socket':
      break;
  }
  if (first & hasXattrs && xattrs !== undefined) encodeXattrs(out, xattrs);
}

function encodeExtents(out: ByteWriter, data: readonly DataExtent[]): void {
  out.varint(data.length);
  let fileEnd = 0;
  let blobEnd = 0;
  for (const extent of data) {
    out.varint(extent.fileOffset - fileEnd);
    out.varint(extent.length);
    out.signed(extent.blobOffset - blobEnd);
    fileEnd = extent.fileOffset + extent.length;
    blobEnd = extent.blobOffset + extent.length;
  }
}

function encodeXattrs(out: ByteWriter, xattrs: ReadonlyMap<ByteString, Uint8Array>): void {
  out.varint(xattrs.size);
  for (const [name, value] of [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out.varint(name.length);
    out.text(name);
    out.varint(value.length);
    out.bytes(value);
  }
}

/** Reads one record; `blobSize` bounds where data may lie. */
export function decodeInode(from: ByteReader, blobSize: number): RawInode {
  const first = from.byte();
  const kind = kinds[first & kindMask];
  if (kind === undefined || first & 0x80) return from.fail(`no inode starts with the byte ${first}`);
  const mode = from.bounded(0o7777, 'a mode');
  const uid = first & hasOwner ? from.bounded(0xffff_ffff, 'an owner') : 0;
  const gid = first & hasOwner ? from.bounded(0xffff_ffff, 'a group') : 0;
  const mtimeSec = from.signed();
  const mtimeNsec = first & hasNsec ? from.bounded(999_999_999, 'a nanosecond') : 0;
  let size = 0;
  let data: readonly DataExtent[] = noData;
  let linkTarget: ByteString | undefined;
  let deviceMajor: number | undefined;
  let deviceMinor: number | undefined;
  if (kind === 'file') {
    size = from.varint();
    if (first & isSparse) data = decodeExtents(from, size, blobSize);
    else if (size > 0) {
      const blobOffset = from.varint();
      if (blobOffset + size > blobSize) from.fail('data is said to lie behind the end of the layer');
      data = [{ fileOffset: 0, length: size, blobOffset }];
    }
  } else if (kind === 'symlink') linkTarget = from.text(from.varint());
  else if (kind === 'character' || kind === 'block') {
    deviceMajor = from.bounded(0xffff_ffff, 'a device number');
    deviceMinor = from.bounded(0xffff_ffff, 'a device number');
  }
  const xattrs = first & hasXattrs ? decodeXattrs(from) : undefined;
  const plain = { kind, mode, uid, gid, mtimeSec, mtimeNsec, size, data };
  if (linkTarget === undefined && deviceMajor === undefined && xattrs === undefined) return plain;
  return {
    ...plain,
    ...(linkTarget === undefined ? {} : { linkTarget }),
    ...(deviceMajor === undefined || deviceMinor === undefined ? {} : { deviceMajor, deviceMinor }),
    ...(xattrs === undefined ? {} : { xattrs }),
  };
}

const noData: readonly DataExtent[] = Object.freeze([]);

function decodeExtents(from: ByteReader, size: number, blobSize: number): DataExtent[] {
  const count = from.varint();
  const data: DataExtent[] = [];
  let fileEnd = 0;
  let blobEnd = 0;
  for (let i = 0; i < count; i++) {
    const fileOffset = fileEnd + from.varint();
    const length = from.varint();
    const blobOffset = blobEnd + from.signed();
    fileEnd = fileOffset + length;
    blobEnd = blobOffset + length;
    if (length === 0 || fileEnd > size) from.fail('data is said to lie outside its file');
    if (blobOffset < 0 || blobEnd > blobSize) from.fail('data is said to lie outside the layer');
    data.push({ fileOffset, length, blobOffset });
  }
  return data;
}

function decodeXattrs(from: ByteReader): ReadonlyMap<ByteString, Uint8Array> {
  const count = from.varint();
  const xattrs = new Map<ByteString, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const name = from.text(from.varint());
    xattrs.set(name, from.copy(from.varint()));
  }
  if (xattrs.size !== count) from.fail('an extended attribute appears twice');
  return xattrs;
}
