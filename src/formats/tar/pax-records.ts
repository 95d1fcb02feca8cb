import { type ByteString, byteString } from '../../base/byte-string.ts';

/** Records of one extended header, or of all global ones so far: keyword to value. */
export interface PaxRecords {
  readonly values: ReadonlyMap<string, Buffer>;
  /** Numbers of GNU's sparse format 0.0, whose keywords repeat: offset and length by turns. */
  readonly sparsePairs: readonly string[];
}

export const noPaxRecords: PaxRecords = { values: new Map(), sparsePairs: [] };

const space = 0x20;
const equals = 0x3d;
const newline = 0x0a;

/**
 * `LENGTH KEYWORD=VALUE\n`, LENGTH in decimal and counting the whole record (POSIX.1-2017, pax, "Extended Header").
 * Values are copied. Calls `fail` with what is wrong.
 */
export function parsePaxRecords(data: Buffer, fail: (reason: string) => never): PaxRecords {
  const values = new Map<string, Buffer>();
  const sparsePairs: string[] = [];
  let at = 0;
  while (at < data.length) {
    const lengthEnd = data.indexOf(space, at);
    const digits = lengthEnd === -1 ? '' : data.toString('latin1', at, Math.min(lengthEnd, at + 8));
    const length = /^[0-9]{1,7}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length < digits.length + 4 || end > data.length || data[end - 1] !== newline) {
      return fail(`its extended header has a record of no sense ${at} bytes from the start`);
    }
    const equalsAt = data.indexOf(equals, lengthEnd + 1);
    if (equalsAt === -1 || equalsAt >= end || equalsAt === lengthEnd + 1) {
      return fail(`its extended header has a record without a keyword ${at} bytes from the start`);
    }
    const keyword = data.toString('latin1', lengthEnd + 1, equalsAt);
    const value = data.subarray(equalsAt + 1, end - 1);
    if (keyword.includes('\0')) return fail('its extended header has a keyword with a NUL');
    if (keyword === 'GNU.sparse.offset' || keyword === 'GNU.sparse.numbytes') {
      const isOffset = keyword === 'GNU.sparse.offset';
      if (isOffset !== (sparsePairs.length % 2 === 0)) return fail('its sparse map has its numbers in disorder');
      sparsePairs.push(value.toString('latin1'));
    } else values.set(keyword, Buffer.from(value));
    at = end;
  }
  return { values, sparsePairs };
}

/** Later records win; an empty value takes an earlier one back. */
export function mergePaxRecords(earlier: PaxRecords, later: PaxRecords): PaxRecords {
  if (earlier.values.size === 0) return later;
  return { values: new Map([...earlier.values, ...later.values]), sparsePairs: later.sparsePairs };
}

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';

/**
 * Extended attributes: star's keyword holds the raw value (`=` and `%` of the name may be escaped, as GNU tar does),
 * libarchive's the value in base 64 under an URL-encoded name. Where both are there, star's counts.
 */
export function xattrsOf(records: PaxRecords): ReadonlyMap<ByteString, Uint8Array> | undefined {
  let xattrs: Map<ByteString, Uint8Array> | undefined;
  for (const [keyword, value] of records.values) {
    if (!keyword.startsWith(libarchive)) continue;
    xattrs ??= new Map();
    const decoded = Buffer.from(value.toString('latin1'), 'base64');
    xattrs.set(unescapeName(keyword.slice(libarchive.length), /%([0-9a-fA-F]{2})/g), decoded);
  }
  for (const [keyword, value] of records.values) {
    if (!keyword.startsWith(schily)) continue;
    xattrs ??= new Map();
    xattrs.set(unescapeName(keyword.slice(schily.length), /%(3[dD]|25)/g), value);
  }
  return xattrs;
}

function unescapeName(name: string, escapes: RegExp): ByteString {
  if (!name.includes('%')) return name as ByteString;
  return byteString(
    Buffer.from(
      name.replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    ),
  );
}
