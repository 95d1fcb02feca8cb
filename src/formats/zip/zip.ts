import { crc32, inflateRawSync } from 'node:zlib';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../io/random-access.ts';

/** A file of a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** In bytes, as the directory claims. */
  readonly size: number;
  readonly compressedSize: number;
  readonly crc32: number;
  readonly method: number;
  readonly headerOffset: number;
}

/** Wheels of a few thousand files are the largest that we read. */
const maxZipEntries = 100_000;
/** Of the whole directory: names and fields of {@link maxZipEntries}. */
const maxZipDirectoryBytes = 32 << 20;
/** Of one unpacked file: room for a VMM with debug symbols. */
const maxZipFileBytes = 512 << 20;

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const longestComment = 0xffff;
const stored = 0;
const deflated = 8;

/**
 * The entries of a zip archive by its central directory (PKWARE APPNOTE 6.3, section 4.3). No zip64, no encryption, no
 * multi-volume archives: ZIP_INVALID.
 */
export function readZipEntries(archive: RandomAccess): ZipEntry[] {
  const tail = readAt(archive, Math.max(0, archive.size - endBytes - longestComment), endBytes + longestComment);
  const end = findEnd(tail);
  const count = end.readUInt16LE(10);
  const size = end.readUInt32LE(12);
  const offset = end.readUInt32LE(16);
  if (count > maxZipEntries || size > maxZipDirectoryBytes) throw invalid('its directory is too large');
  if (count === 0xffff || offset === 0xffffffff) throw invalid('zip64 is not supported');
  const directory = readAt(archive, offset, size);
  if (directory.length !== size) throw invalid('its directory lies outside of the file');
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || directory.readUInt32LE(at) !== directorySignature) throw invalid('its directory is broken');
    const nameBytes = directory.readUInt16LE(at + 28);
    const next = at + 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (next > size) throw invalid('its directory is broken');
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      crc32: directory.readUInt32LE(at + 16),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at = next;
  }
  return entries;
}

/** The bytes of one file, its size and checksum verified. */
export function readZipFile(archive: RandomAccess, entry: ZipEntry): Buffer {
  if (entry.size > maxZipFileBytes || entry.compressedSize > maxZipFileBytes) {
    throw new FirekilnError('LIMIT_EXCEEDED', `zip entry ${entry.name}: more than ${maxZipFileBytes} bytes`);
  }
  const header = readAt(archive, entry.headerOffset, 30);
  if (header.length !== 30 || header.readUInt32LE(0) !== localSignature) throw invalid(`no header of ${entry.name}`);
  const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = readAt(archive, start, entry.compressedSize);
  if (packed.length !== entry.compressedSize) throw invalid(`${entry.name} is cut off`);
  const data = unpack(packed, entry);
  if (data.length !== entry.size || crc32(data) !== entry.crc32) throw invalid(`${entry.name} is damaged`);
  return data;
}

function unpack(packed: Buffer, entry: ZipEntry): Buffer {
  if (entry.method === stored) return packed;
  if (entry.method !== deflated) throw invalid(`${entry.name}: compression method ${entry.method} is not supported`);
  try {
    // zlib refuses a limit of 0.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    throw invalid(`${entry.name} is damaged`, error);
  }
}

function findEnd(tail: Buffer): Buffer {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) === endSignature && at + endBytes + tail.readUInt16LE(at + 20) === tail.length) {
      return tail.subarray(at);
    }
  }
  throw invalid('it has no end record');
}

function readAt(archive: RandomAccess, position: number, length: number): Buffer {
  if (position >= archive.size) return Buffer.alloc(0);
  const target = Buffer.alloc(Math.min(length, archive.size - position));
  return target.subarray(0, archive.read(target, position));
}

function invalid(what: string, cause?: unknown): FirekilnError {
  return new FirekilnError('ZIP_INVALID', `zip archive can not be read: ${what}`, { cause });
}
