import { type ByteString, byteStringFromText, bytesOf, textOf } from '../../base/byte-string.ts';
import type { NeedsRecord, TarEntry } from './encode-header.ts';

/**
 * The data of an extended header: `LENGTH KEYWORD=VALUE\n` for each fact that the ustar block can't tell (POSIX.1-2017,
 * pax, "Extended Header"), in a fixed order. Names that are not UTF-8 are written as their bytes and marked with
 * `hdrcharset=BINARY`. Extended attributes are star's SCHILY.xattr records, `=` and `%` of their names escaped as GNU
 * tar does. Empty if there is nothing to say.
 */
export function encodePaxRecords(entry: TarEntry, path: ByteString, needs: NeedsRecord): Buffer {
  const records: Buffer[] = [];
  const add = (keyword: string, value: Uint8Array) => records.push(paxRecord(keyword, value));
  const addText = (keyword: string, value: string) => add(keyword, Buffer.from(value, 'latin1'));
  const target = entry.linkTarget ?? ('' as ByteString);
  const isBinary = (needs.path && !isUtf8(path)) || (needs.linkTarget && !isUtf8(target));
  if (isBinary) addText('hdrcharset', 'BINARY');
  if (needs.path) add('path', bytesOf(path));
  if (needs.linkTarget) add('linkpath', bytesOf(target));
  if (needs.size) addText('size', String(entry.size));
  if (needs.uid) addText('uid', String(entry.uid));
  if (needs.gid) addText('gid', String(entry.gid));
  if (needs.mtime) addText('mtime', paxTime(entry.mtimeSec, entry.mtimeNsec));
  const xattrs = [...(entry.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of xattrs) {
    add(`SCHILY.xattr.${name.replaceAll('%', '%25').replaceAll('=', '%3D')}`, value);
  }
  return Buffer.concat(records);
}

function isUtf8(value: ByteString): boolean {
  return byteStringFromText(textOf(value)) === value;
}

/** Seconds with as many digits as there are; `nsec` always counts forward, also before 1970. */
function paxTime(sec: number, nsec: number): string {
  if (nsec === 0) return String(sec);
  const isNegative = sec < 0;
  const whole = isNegative ? -sec - 1 : sec;
  const fraction = String(isNegative ? 1_000_000_000 - nsec : nsec).padStart(9, '0');
  return `${isNegative ? '-' : ''}${whole}.${fraction.replace(/0+$/, '')}`;
}

function paxRecord(keyword: string, value: Uint8Array): Buffer {
  const head = Buffer.from(` ${keyword}=`, 'latin1');
  const rest = head.length + value.length + 1;
  // The length counts its own digits.
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), head, value, Buffer.from('\n')]);
}
