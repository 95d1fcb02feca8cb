import { type ByteString, bytesOf } from '../../base/byte-string.ts';
import { encodePaxRecords } from './encode-pax.ts';
import { blockBytes } from './tar-header.ts';
import { typeFlags } from './type-flags.ts';

/** One entry of an archive to be written. */
export interface TarEntry {
  /** Without a slash at the end; folders are given one. */
  readonly path: ByteString;
  readonly kind: 'directory' | 'file' | 'symlink' | 'hard-link' | 'character' | 'block' | 'fifo';
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Of a file, in bytes. */
  readonly size: number;
  /** Of a symlink and of a hard link. */
  readonly linkTarget?: ByteString | undefined;
  readonly deviceMajor?: number | undefined;
  readonly deviceMinor?: number | undefined;
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array> | undefined;
}

const flags = {
  file: typeFlags.file,
  'hard-link': typeFlags.hardLink,
  symlink: typeFlags.symlink,
  character: typeFlags.character,
  block: typeFlags.block,
  directory: typeFlags.directory,
  fifo: typeFlags.fifo,
} as const;

/** Largest values of octal fields of 8 and 12 bytes, the last of them a NUL. */
const maxOctal7 = 8 ** 7 - 1;
const maxOctal11 = 8 ** 11 - 1;

/**
 * The header of an entry: one ustar block where that says everything, with a PAX extended header before it where it
 * does not (long or non-ASCII names, large numbers, times before 1970 or with a fraction, extended attributes). Device
 * numbers that octal has no room for are written in base 256.
 */
export function encodeTarHeader(entry: TarEntry): Buffer {
  const path = (entry.kind === 'directory' ? `${entry.path}/` : entry.path) as ByteString;
  const records = encodePaxRecords(entry, path, needsRecord(entry, path));
  const block = headerBlock(entry, path, flags[entry.kind]);
  if (records.length === 0) return block;
  const extended = headerBlock(extendedEntry(entry.path, records.length), undefined, typeFlags.pax);
  return Buffer.concat([extended, records, Buffer.alloc(paddingOf(records.length)), block]);
}

/** Zeros that fill the last block of `size` bytes. */
export function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}

/** Which facts the ustar block can't tell. */
export interface NeedsRecord {
  readonly path: boolean;
  readonly linkTarget: boolean;
  readonly size: boolean;
  readonly uid: boolean;
  readonly gid: boolean;
  readonly mtime: boolean;
}

function needsRecord(entry: TarEntry, path: ByteString): NeedsRecord {
  const target = entry.linkTarget ?? '';
  return {
    path: !isAscii(path) || splitPath(path) === undefined,
    linkTarget: target.length > 100 || !isAscii(target),
    size: entry.size > maxOctal11,
    uid: entry.uid > maxOctal7,
    gid: entry.gid > maxOctal7,
    mtime: entry.mtimeNsec !== 0 || entry.mtimeSec < 0 || entry.mtimeSec > maxOctal11,
  };
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Where a path is cut for the prefix field; 0 if it needs none, undefined if the fields have no room for it. */
function splitPath(path: string): number | undefined {
  if (path.length <= 100) return 0;
  // The slash at the cut is not stored. A folder's own slash is its last byte and stays in the name.
  const slash = path.indexOf('/', path.length - 101);
  return slash <= 0 || slash > 155 || slash >= path.length - 1 ? undefined : slash;
}

/** The entry that an extended header pretends to be, for programs that don't know PAX. */
function extendedEntry(path: ByteString, size: number): TarEntry {
  const name = path.slice(path.lastIndexOf('/') + 1).slice(0, 80);
  const zero = { mode: 0o644, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0 };
  return { path: `PaxHeaders.0/${name}` as ByteString, kind: 'file', ...zero, size };
}

function headerBlock(entry: TarEntry, path: ByteString = entry.path, flag: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  writePath(block, path);
  octal(block, 100, 8, entry.mode & 0o7777);
  octal(block, 108, 8, fitting(entry.uid, maxOctal7));
  octal(block, 116, 8, fitting(entry.gid, maxOctal7));
  octal(block, 124, 12, fitting(entry.size, maxOctal11));
  octal(block, 136, 12, fitting(Math.max(0, entry.mtimeSec), maxOctal11));
  block[156] = flag;
  if (entry.linkTarget !== undefined) block.set(bytesOf(entry.linkTarget).subarray(0, 100), 157);
  block.write('ustar\x0000', 257, 'latin1');
  device(block, 329, entry.deviceMajor ?? 0);
  device(block, 337, entry.deviceMinor ?? 0);
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (let i = 0; i < blockBytes; i++) sum += block[i] as number;
  // Six digits, a NUL and the space that is there.
  block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
  return block;
}

function writePath(block: Buffer, path: ByteString): void {
  const cut = isAscii(path) ? splitPath(path) : 0;
  if (cut === undefined || cut === 0) {
    block.write(path.slice(0, 100), 0, 'latin1');
    return;
  }
  block.write(path.slice(0, cut), 345, 'latin1');
  block.write(path.slice(cut + 1), 0, 'latin1');
}

/** A number that a record has to tell is 0 in the block, as Go's and Python's writers have it. */
function fitting(value: number, max: number): number {
  return value > max ? 0 : value;
}

function octal(block: Buffer, at: number, length: number, value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
}

function device(block: Buffer, at: number, value: number): void {
  if (value <= maxOctal7) {
    octal(block, at, 8, value);
    return;
  }
  block[at] = 0x80;
  block.writeUInt32BE(value, at + 4);
}
