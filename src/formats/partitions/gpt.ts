import { crc32 } from 'node:zlib';
import type { RandomAccess } from '../io/random-access.ts';
import { bytesAt, damagedTable, type Partition, sectorBytes } from './partition.ts';

const signature = 'EFI PART';
const minHeaderBytes = 92;
/** UEFI asks for room for 128; more than these are taken for damage. */
const maxEntries = 1024;
const maxEntryBytes = 4096;

/** The partitions of a GPT (UEFI 2.10, section 5.3), by its first header; undefined if there is none. Throws PARTITION_UNUSABLE. */
export function readGpt(disk: RandomAccess): readonly Partition[] | undefined {
  const header = bytesAt(disk, sectorBytes, sectorBytes);
  if (header.length < sectorBytes || header.toString('latin1', 0, 8) !== signature) return undefined;
  const headerBytes = header.readUInt32LE(12);
  if (headerBytes < minHeaderBytes || headerBytes > sectorBytes) throw damagedTable(`a header of ${headerBytes} bytes`);
  const sum = header.readUInt32LE(16);
  const bare = Buffer.from(header.subarray(0, headerBytes));
  bare.writeUInt32LE(0, 16);
  if (crc32(bare) !== sum) throw damagedTable('the checksum of its header is wrong');
  const count = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  if (count > maxEntries) throw damagedTable(`${count} entries`);
  if (entryBytes < 128 || entryBytes > maxEntryBytes) throw damagedTable(`entries of ${entryBytes} bytes`);
  const entries = bytesAt(disk, sectors(header, 72), count * entryBytes);
  if (entries.length < count * entryBytes) throw damagedTable('its entries lie beyond the end of the disk');
  if (crc32(entries) !== header.readUInt32LE(88)) throw damagedTable('the checksum of its entries is wrong');
  const found: Partition[] = [];
  for (let i = 0; i < count; i++) {
    const entry = entries.subarray(i * entryBytes, (i + 1) * entryBytes);
    // A type of zeros: not in use.
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue;
    const [start, end] = [sectors(entry, 32), sectors(entry, 40) + sectorBytes];
    if (end <= start || end > disk.size) throw damagedTable(`partition ${i + 1} lies beyond the end of the disk`);
    found.push({ number: i + 1, partuuid: guid(entry.subarray(16, 32)), start, size: end - start });
  }
  return found;
}

/** A place in sectors, as bytes. */
function sectors(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset)) * sectorBytes;
}

/** UEFI 2.10, appendix A: the first three fields have their lowest byte first. */
function guid(bytes: Buffer): string {
  const hex = (from: number, to: number) => bytes.toString('hex', from, to);
  const turned = (from: number, to: number) => Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return [turned(0, 4), turned(4, 6), turned(6, 8), hex(8, 10), hex(10, 16)].join('-');
}
