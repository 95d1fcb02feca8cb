import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { bytesAccess } from '../../../../src/formats/io/bytes-access.ts';
import { readPartitions } from '../../../../src/formats/partitions/read-partitions.ts';

const diskSectors = 128;
const entryBytes = 128;
const word = fc.oneof(fc.nat(diskSectors + 2), fc.constantFrom(0xff_ff_ff_ff, 0x80_00_00_00, 512, 1024));
const sector = fc.oneof(
  fc.bigInt(0n, BigInt(diskSectors + 2)),
  fc.constantFrom(2n ** 63n, 2n ** 64n - 1n, 2n ** 44n, 2n ** 53n / 512n),
);
const entry = fc.record({ type: fc.nat(255), first: sector, last: sector });

/** Whatever a table says, its checksums are right: what is behind them is reached. */
const gpt = fc.record({
  headerBytes: fc.oneof({ weight: 8, arbitrary: fc.constant(92) }, word),
  entriesAt: fc.oneof({ weight: 8, arbitrary: fc.constant(2n) }, sector),
  count: fc.oneof({ weight: 8, arbitrary: fc.nat(8) }, word),
  size: fc.oneof({ weight: 8, arbitrary: fc.constant(entryBytes) }, word),
  entries: fc.array(entry, { maxLength: 8 }),
});

it('GPTs that lie are refused as damaged, or give partitions of the disk', () => {
  fc.assert(
    fc.property(gpt, ({ headerBytes, entriesAt, count, size, entries }) => {
      const disk = Buffer.alloc(diskSectors * 512);
      for (const [i, { type, first, last }] of entries.entries()) {
        const at = 1024 + i * entryBytes;
        disk.fill(type, at, at + 16);
        disk.writeBigUInt64LE(first, at + 32);
        disk.writeBigUInt64LE(last, at + 40);
      }
      const header = disk.subarray(512, 1024);
      header.write('EFI PART', 'latin1');
      header.writeUInt32LE(headerBytes, 12);
      header.writeBigUInt64LE(entriesAt, 72);
      header.writeUInt32LE(count, 80);
      header.writeUInt32LE(size, 84);
      const from = Number(entriesAt) * 512;
      header.writeUInt32LE(crc32(disk.subarray(from, from + count * size)), 88);
      header.writeUInt32LE(crc32(header.subarray(0, Math.min(headerBytes, 512))), 16);
      expectHonest(disk);
    }),
    { numRuns: 2000 },
  );
});

it('DOS partition tables that lie are refused as damaged, or give partitions of the disk', () => {
  const slot = fc.record({ type: fc.constantFrom(0, 0x05, 0x83, 0xee), first: word, length: word });
  fc.assert(
    fc.property(fc.array(slot, { minLength: 4, maxLength: 4 }), (slots) => {
      const disk = Buffer.alloc(diskSectors * 512);
      for (const [i, { type, first, length }] of slots.entries()) {
        disk.writeUInt8(type, 446 + i * 16 + 4);
        disk.writeUInt32LE(first, 446 + i * 16 + 8);
        disk.writeUInt32LE(length, 446 + i * 16 + 12);
      }
      disk.writeUInt16LE(0xaa55, 510);
      expectHonest(disk);
    }),
    { numRuns: 2000 },
  );
});

it('a disk that ends within its table has none, or a damaged one', () => {
  const disk = Buffer.alloc(2048);
  disk.write('EFI PART', 512, 'latin1');
  disk.writeUInt16LE(0xaa55, 510);
  for (let length = 0; length < disk.length; length += 31) expectHonest(disk.subarray(0, length));
});

function expectHonest(disk: Buffer): void {
  try {
    for (const { number, start, size } of readPartitions(bytesAccess(disk)) ?? []) {
      expect(number).toBeGreaterThan(0);
      expect(size).toBeGreaterThan(0);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start + size).toBeLessThanOrEqual(disk.length);
    }
  } catch (error) {
    if (!isFirekilnError(error, 'PARTITION_UNUSABLE')) throw error;
  }
}
