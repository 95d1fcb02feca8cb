import { type ByteString, emptyByteString } from '../../base/byte-string.ts';
import { childPath } from '../tree/tree-path.ts';
import { parseTarNumber } from './tar-number.ts';
import { typeFlags } from './type-flags.ts';

export const blockBytes = 512;

/** One header block as it stands, extended headers not applied. */
export interface TarHeader {
  readonly path: ByteString;
  readonly typeFlag: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow the header, without padding. */
  readonly size: number;
  readonly mtime: number;
  readonly linkTarget: ByteString;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Of a sparse file in GNU's old format: its size with holes. */
  readonly realSize: number | undefined;
  readonly dialect: 'v7' | 'ustar' | 'star' | 'gnu';
}

/** POSIX.1-1988 ustar and its kin; GNU tar's src/tar.h; star(5). Start and length of each field. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  linkName: [157, 100],
  devMajor: [329, 8],
  devMinor: [337, 8],
  prefix: [345, 155],
  starPrefix: [345, 131],
  gnuAtime: [345, 12],
  gnuCtime: [357, 12],
  gnuRealSize: [483, 12],
} as const;
type Field = readonly [start: number, length: number];

const typeFlagAt = 156;

/** Reads a header block. Calls `fail` with what is wrong. */
export function parseTarHeader(block: Buffer, fail: (reason: string) => never): TarHeader {
  checkSum(block, fail);
  const number = ([start, length]: Field, name: string): number => {
    const value = parseTarNumber(block, start, length);
    return value ?? fail(`its ${name} is not a number`);
  };
  const dialect = dialectOf(block);
  const name = textAt(block, fields.name);
  const prefix = prefixOf(block, dialect);
  const typeFlag = block[typeFlagAt] ?? 0;
  const isDevice = typeFlag === typeFlags.character || typeFlag === typeFlags.block;
  return {
    path: prefix === '' ? name : childPath(prefix, name),
    typeFlag,
    mode: number(fields.mode, 'mode'),
    uid: number(fields.uid, 'owner'),
    gid: number(fields.gid, 'group'),
    size: number(fields.size, 'size'),
    mtime: number(fields.mtime, 'time'),
    linkTarget: textAt(block, fields.linkName),
    deviceMajor: isDevice ? deviceNumber(number(fields.devMajor, 'device number'), fail) : 0,
    deviceMinor: isDevice ? deviceNumber(number(fields.devMinor, 'device number'), fail) : 0,
    realSize: typeFlag === typeFlags.gnuSparse && dialect === 'gnu' ? number(fields.gnuRealSize, 'size') : undefined,
    dialect,
  };
}

function deviceNumber(value: number, fail: (reason: string) => never): number {
  return value >= 0 && value < 2 ** 32 ? value : fail(`its device number ${value} is beyond 32 bits`);
}

/** True if a block may be the first of an archive: its checksum fits. */
export function isTarHeader(block: Uint8Array): boolean {
  const stored = parseTarNumber(block, ...fields.checksum);
  if (stored === undefined || block.length < blockBytes) return false;
  return stored === sumOf(block, 0) || stored === sumOf(block, 0x80);
}

function checkSum(block: Uint8Array, fail: (reason: string) => never): void {
  const stored = parseTarNumber(block, ...fields.checksum);
  const sum = sumOf(block, 0);
  // Old tars took the bytes for signed ones.
  if (stored !== sum && stored !== sumOf(block, 0x80)) {
    fail(`the checksum of its header is ${stored ?? 'no number'} and should be ${sum}`);
  }
}

/** The sum of a header's bytes, the checksum field as spaces; bytes from `signFrom` on count negative, 0 for none. */
function sumOf(block: Uint8Array, signFrom: number): number {
  const [start, length] = fields.checksum;
  let sum = 0x20 * length;
  if (signFrom === 0) {
    for (let i = 0; i < start; i++) sum += block[i] as number;
    for (let i = start + length; i < blockBytes; i++) sum += block[i] as number;
    return sum;
  }
  for (let i = 0; i < blockBytes; i++) {
    if (i >= start && i < start + length) continue;
    const byte = block[i] as number;
    sum += byte < signFrom ? byte : byte - 256;
  }
  return sum;
}

function dialectOf(block: Buffer): TarHeader['dialect'] {
  if (!isText(block, 257, 'ustar')) return 'v7';
  if (block[262] === 0) return isText(block, 508, 'tar\0') ? 'star' : 'ustar';
  return isText(block, 262, '  \0') ? 'gnu' : 'v7';
}

function isText(block: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (block[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function prefixOf(block: Buffer, dialect: TarHeader['dialect']): ByteString {
  switch (dialect) {
    case 'v7':
      return emptyByteString;
    case 'ustar':
      return textAt(block, fields.prefix);
    case 'star':
      return textAt(block, fields.starPrefix);
    case 'gnu':
      return misplacedPrefix(block);
  }
}

/**
 * GNU's header has times where ustar has the prefix. Go before 1.8 wrote a prefix all the same (golang.org/issues/12594)
 * and layers of that age exist: what can't be times is a prefix.
 */
function misplacedPrefix(block: Buffer): ByteString {
  if ((block[345] ?? 0) === 0) return emptyByteString;
  const isTime = (field: Field) => parseTarNumber(block, ...field) !== undefined;
  if (isTime(fields.gnuAtime) && isTime(fields.gnuCtime)) return emptyByteString;
  const prefix = textAt(block, fields.prefix);
  for (let i = 0; i < prefix.length; i++) if (prefix.charCodeAt(i) > 0x7f) return emptyByteString;
  return prefix;
}

function textAt(block: Buffer, [start, length]: Field): ByteString {
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  return block.toString('latin1', start, end) as ByteString;
}
