import { groupField as field } from '../layout/group-descriptor.ts';
import { groupChecksum } from '../layout/metadata-checksum.ts';
import { bitmapChecksums } from './bitmap-writer.ts';
import type { Image } from './image.ts';

/** The descriptors of all groups, as they lie on disk. */
export function makeDescriptors(image: Image): Uint8Array {
  const { layout, usage, identity } = image;
  const { geometry } = layout;
  const size = geometry.descriptorSize;
  const bytes = new Uint8Array(geometry.groups * size);
  const sums = bitmapChecksums(image);
  for (let group = 0; group < geometry.groups; group++) {
    const view = new DataView(bytes.buffer, group * size, size);
    const usedInodes = usage.usedInodes[group] as number;
    // Low halves are 32 bits for places and 16 bits for counts; high halves exist with 64bit only.
    const place = (low: number, high: number, value: number) => {
      view.setUint32(low, value >>> 0, true);
      if (geometry.bit64) view.setUint32(high, Math.floor(value / 2 ** 32), true);
    };
    const count = (low: number, high: number, value: number) => {
      view.setUint16(low, value & 0xffff, true);
      if (geometry.bit64) view.setUint16(high, value >>> 16, true);
    };
    const unused = geometry.inodesPerGroup - usedInodes;
    place(field.blockBitmapLo, field.blockBitmapHi, layout.blockBitmaps[group] as number);
    place(field.inodeBitmapLo, field.inodeBitmapHi, layout.inodeBitmaps[group] as number);
    place(field.inodeTableLo, field.inodeTableHi, layout.inodeTables[group] as number);
    count(field.freeBlocksLo, field.freeBlocksHi, usage.freeBlocks[group] as number);
    count(field.freeInodesLo, field.freeInodesHi, unused);
    count(field.usedDirsLo, field.usedDirsHi, usage.folders[group] as number);
    count(field.unusedInodesLo, field.unusedInodesHi, unused);
    count(field.blockBitmapChecksumLo, field.blockBitmapChecksumHi, sums.blocks[group] as number);
    count(field.inodeBitmapChecksumLo, field.inodeBitmapChecksumHi, sums.inodes[group] as number);
    view.setUint16(field.flags, usage.flags[group] as number, true);
    view.setUint16(field.checksum, groupChecksum(identity.seed, group, view), true);
  }
  return bytes;
}
