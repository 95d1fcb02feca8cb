import { type ByteString, byteString } from '../../base/byte-string.ts';
import type { DataExtent } from '../tree/entry.ts';
import { type PaxRecords, xattrsOf } from './pax-records.ts';
import { type SparseMapBuilder, takeSparsePairs } from './sparse-map.ts';
import type { TarHeader } from './tar-header.ts';
import { maxTimeSeconds } from './tar-limits.ts';
import type { TarKind, TarMember } from './tar-member.ts';
import { parseDecimal, parsePaxTime } from './tar-number.ts';
import { typeFlags } from './type-flags.ts';

type Fail = (reason: string) => never;

/** A member whose headers are read, but maybe not its sparse map. */
export interface MemberDraft {
  readonly header: TarHeader;
  readonly path: ByteString;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes that follow the headers, without padding. */
  readonly stored: number;
  readonly sparse:
    | { readonly format: 'old-gnu' | 'pax-1' }
    | { readonly format: 'pax-0'; readonly fill: (map: SparseMapBuilder) => void }
    | undefined;
  plainData(blobOffset: number): DataExtent[];
  member(data: readonly DataExtent[]): TarMember;
}

export interface MemberParts {
  readonly header: TarHeader;
  readonly records: PaxRecords;
  readonly longName: ByteString | undefined;
  readonly longLink: ByteString | undefined;
  readonly offset: number;
}

/** Applies extended headers and long names to a header. Calls `fail` with what is wrong. */
export function draftMember(parts: MemberParts, fail: Fail): MemberDraft {
  const { header, records } = parts;
  const text = (keyword: string) => records.values.get(keyword)?.toString('latin1') || undefined;
  const whole = (keyword: string, name: string): number | undefined => {
    const value = text(keyword);
    return value === undefined ? undefined : (parseDecimal(value) ?? fail(`its ${name} is not a number`));
  };
  const named = parts.longName ?? nonEmpty(records, 'path') ?? header.path;
  const kind = kindOf(header.typeFlag, named);
  const sparse = kind === 'file' ? sparseFormat(header, records, fail) : undefined;
  const path = (sparse === undefined ? undefined : nonEmpty(records, 'GNU.sparse.name')) ?? named;
  const linkTarget = parts.longLink ?? nonEmpty(records, 'linkpath') ?? header.linkTarget;
  if (path.includes('\0') || linkTarget.includes('\0')) fail('its name has a NUL');

  const stored = hasData(header.typeFlag, kind) ? (whole('size', 'size') ?? header.size) : 0;
  if (stored < 0) fail('its size is negative');
  const realSize = whole('GNU.sparse.realsize', 'size') ?? whole('GNU.sparse.size', 'size') ?? header.realSize;
  const size = sparse === undefined ? stored : (realSize ?? stored);
  if (size < 0) fail('its size is negative');
  const uid = identity(whole('uid', 'owner') ?? header.uid, 'owner', fail);
  const gid = identity(whole('gid', 'group') ?? header.gid, 'group', fail);
  const time = timeOf(text('mtime'), header.mtime, fail);
  const xattrs = xattrsOf(records);

  return {
    header,
    path,
    size,
    stored,
    sparse,
    plainData: (blobOffset) => (kind !== 'file' || size === 0 ? [] : [{ fileOffset: 0, length: size, blobOffset }]),
    member: (data) => ({
      path,
      kind,
      typeFlag: header.typeFlag,
      mode: header.mode & 0o7777,
      uid,
      gid,
      mtimeSec: time.sec,
      mtimeNsec: time.nsec,
      size: kind === 'file' ? size : 0,
      linkTarget: kind === 'symlink' || kind === 'hard-link' ? linkTarget : undefined,
      deviceMajor: header.deviceMajor,
      deviceMinor: header.deviceMinor,
      xattrs,
      data,
      offset: parts.offset,
    }),
  };
}

function nonEmpty(records: PaxRecords, keyword: string): ByteString | undefined {
  const value = records.values.get(keyword);
  return value === undefined || value.length === 0 ? undefined : byteString(value);
}

function kindOf(typeFlag: number, path: ByteString): TarKind {
  switch (typeFlag) {
    case typeFlags.oldFile:
      return path.endsWith('/') ? 'directory' : 'file';
    case typeFlags.file:
    case typeFlags.contiguousFile:
    case typeFlags.gnuSparse:
      return 'file';
    case typeFlags.hardLink:
      return 'hard-link';
    case typeFlags.symlink:
      return 'symlink';
    case typeFlags.character:
      return 'character';
    case typeFlags.block:
      return 'block';
    case typeFlags.directory:
    case typeFlags.gnuDumpDirectory:
      return 'directory';
    case typeFlags.fifo:
      return 'fifo';
    default:
      return 'unknown';
  }
}

/** Whether the size of the header counts bytes that follow it. */
function hasData(typeFlag: number, kind: TarKind): boolean {
  return kind === 'file' || kind === 'unknown' || typeFlag === typeFlags.gnuDumpDirectory;
}

function sparseFormat(header: TarHeader, records: PaxRecords, fail: Fail): MemberDraft['sparse'] {
  if (header.typeFlag === typeFlags.gnuSparse) {
    if (header.realSize === undefined) fail('it is sparse in a format other than GNU');
    return { format: 'old-gnu' };
  }
  const { values, sparsePairs } = records;
  const text = (keyword: string) => values.get(keyword)?.toString('latin1');
  const version = `${text('GNU.sparse.major') ?? ''}.${text('GNU.sparse.minor') ?? ''}`;
  const map = text('GNU.sparse.map');
  if (version === '1.0') return { format: 'pax-1' };
  if (version === '.' && map === undefined && sparsePairs.length === 0) return undefined;
  if (version !== '.' && version !== '0.0' && version !== '0.1') fail(`it is sparse in format ${version}`);
  const numbers = map === undefined ? sparsePairs : map === '' ? [] : map.split(',');
  const count = text('GNU.sparse.numblocks') ?? '';
  return { format: 'pax-0', fill: (builder) => takeSparsePairs(builder, numbers, count, fail) };
}

/** Owners are 32 bits; what was written as negative (nobody is -2 in places) is what the kernel makes of it. */
function identity(value: number, name: string, fail: Fail): number {
  if (value < -(2 ** 31) || value >= 2 ** 32) fail(`its ${name} is ${value}, beyond 32 bits`);
  return value >>> 0;
}

function timeOf(pax: string | undefined, header: number, fail: Fail): { readonly sec: number; readonly nsec: number } {
  const time = pax === undefined ? { sec: header, nsec: 0 } : (parsePaxTime(pax) ?? fail('its time is not a number'));
  if (Math.abs(time.sec) > maxTimeSeconds) fail(`its time is ${time.sec}, beyond ${maxTimeSeconds}`);
  return time;
}
