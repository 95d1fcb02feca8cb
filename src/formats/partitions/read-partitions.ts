import { hasExt4Magic } from '../ext4/reader/superblock.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { readGpt } from './gpt.ts';
import { bytesAt, damagedTable, type Partition, sectorBytes } from './partition.ts';

/** Types of partitions that hold others. */
const extended: readonly number[] = [0x05, 0x0f, 0x85];

/**
 * The partitions of a disk with a GPT, or the primary ones of a disk with a DOS partition table; undefined for a disk
 * without such a table. Throws PARTITION_UNUSABLE for a table that is damaged.
 */
export function readPartitions(disk: RandomAccess): readonly Partition[] | undefined {
  // A file system without a table leaves its first KiB to boot loaders, whatever they write there.
  return readGpt(disk) ?? (hasExt4Magic(disk) ? undefined : readDosTable(disk));
}

function readDosTable(disk: RandomAccess): readonly Partition[] | undefined {
  const sector = bytesAt(disk, 0, sectorBytes);
  if (sector.length < sectorBytes || sector.readUInt16LE(510) !== 0xaa55) return undefined;
  const id = sector.readUInt32LE(440).toString(16).padStart(8, '0');
  const found: Partition[] = [];
  for (let number = 1; number <= 4; number++) {
    const entry = sector.subarray(446 + (number - 1) * 16);
    const type = entry.readUInt8(4);
    const size = entry.readUInt32LE(12) * sectorBytes;
    if (type === 0 || size === 0 || extended.includes(type)) continue;
    const start = entry.readUInt32LE(8) * sectorBytes;
    if (start + size > disk.size) throw damagedTable(`partition ${number} lies beyond the end of the disk`);
    found.push({ number, partuuid: `${id}-${String(number).padStart(2, '0')}`, start, size });
  }
  return found;
}
