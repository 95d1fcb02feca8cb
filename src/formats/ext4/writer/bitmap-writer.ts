import { blockSize, blocksPerGroup } from '../layout/block-size.ts';
import { groupFlag } from '../layout/group-descriptor.ts';
import { bitmapChecksum } from '../layout/metadata-checksum.ts';
import { pairs } from './group-usage.ts';
import type { Image } from './image.ts';
import type { SequentialOutput } from './sequential-output.ts';

/** Checksums of the bitmaps by group; 0 where a bitmap is not on disk. */
export interface BitmapChecksums {
  readonly blocks: Uint32Array;
  readonly inodes: Uint32Array;
}

/** The sums stand in the descriptors, which are written before the bitmaps: so each bitmap is made twice. */
export function bitmapChecksums(image: Image): BitmapChecksums {
  const { geometry } = image.layout;
  const { seed } = image.identity;
  const block = new Uint8Array(blockSize);
  const view = new DataView(block.buffer);
  const sums = { blocks: new Uint32Array(geometry.groups), inodes: new Uint32Array(geometry.groups) };
  for (let group = 0; group < geometry.groups; group++) {
    const flags = image.usage.flags[group] as number;
    if ((flags & groupFlag.blockUninit) === 0) {
      fillBlockBitmap(block.fill(0), image, group);
      sums.blocks[group] = bitmapChecksum(seed, view, blockSize);
    }
    if ((flags & groupFlag.inodeUninit) === 0) {
      fillInodeBitmap(block.fill(0), image, group);
      sums.inodes[group] = bitmapChecksum(seed, view, geometry.inodesPerGroup / 8);
    }
  }
  return sums;
}

export async function writeBitmaps(out: SequentialOutput, image: Image): Promise<void> {
  const { blockBitmaps, inodeBitmaps } = image.layout;
  await writeKind(out, image, blockBitmaps, groupFlag.blockUninit, fillBlockBitmap);
  await writeKind(out, image, inodeBitmaps, groupFlag.inodeUninit, fillInodeBitmap);
}

async function writeKind(
  out: SequentialOutput,
  image: Image,
  places: Float64Array,
  uninitFlag: number,
  fill: (bitmap: Uint8Array, image: Image, group: number) => void,
): Promise<void> {
  for (let group = 0; group < places.length; group++) {
    if ((image.usage.flags[group] as number) & uninitFlag) continue;
    const at = out.reserve((places[group] as number) * blockSize, blockSize);
    fill(out.bytes.subarray(at, at + blockSize), image, group);
    if (out.isCongested) await out.breathe();
  }
}

function fillBlockBitmap(bitmap: Uint8Array, { layout }: Image, group: number): void {
  const { geometry, cursor } = layout;
  const first = group * blocksPerGroup;
  setBits(bitmap, 0, cursor.end - first);
  for (const [start, end] of pairs(cursor.gaps)) clearBits(bitmap, start - first, end - first);
  if (geometry.backupGroups.includes(group)) setBits(bitmap, 0, geometry.headBlocks);
  setBits(bitmap, geometry.blocks - first, blocksPerGroup);
}

function fillInodeBitmap(bitmap: Uint8Array, { layout, usage }: Image, group: number): void {
  setBits(bitmap, 0, usage.usedInodes[group] as number);
  setBits(bitmap, layout.geometry.inodesPerGroup, blocksPerGroup);
}

/** Sets the bits [first, end); what lies outside the bitmap is left out. */
function setBits(bitmap: Uint8Array, first: number, end: number): void {
  const from = Math.max(first, 0);
  const to = Math.min(end, bitmap.length * 8);
  if (from >= to) return;
  const [firstByte, lastByte] = [from >>> 3, (to - 1) >>> 3];
  const head = (0xff << (from & 7)) & 0xff;
  const tail = 0xff >>> (7 - ((to - 1) & 7));
  if (firstByte === lastByte) {
    bitmap[firstByte] = (bitmap[firstByte] as number) | (head & tail);
    return;
  }
  bitmap[firstByte] = (bitmap[firstByte] as number) | head;
  bitmap.fill(0xff, firstByte + 1, lastByte);
  bitmap[lastByte] = (bitmap[lastByte] as number) | tail;
}

function clearBits(bitmap: Uint8Array, first: number, end: number): void {
  const to = Math.min(end, bitmap.length * 8);
  for (let bit = Math.max(first, 0); bit < to; bit++) {
    bitmap[bit >>> 3] = (bitmap[bit >>> 3] as number) & ~(1 << (bit & 7));
  }
}
