import { blockSize, blocksPerGroup } from '../layout/block-size.ts';
import { superblockOffset, superblockSize } from '../layout/superblock.ts';
import { makeDescriptors } from './descriptor-writer.ts';
import type { Image } from './image.ts';
import type { Interlude, SequentialOutput } from './sequential-output.ts';
import { writeSuperblock } from './superblock-writer.ts';

const addressesPerBlock = blockSize / 4;

/** Group 0's superblock and descriptors, the maps in the reserved blocks behind them, and the copies in other groups. */
export function planHeads(image: Image): readonly Interlude[] {
  const descriptors = makeDescriptors(image);
  const { geometry } = image.layout;
  return [0, ...geometry.backupGroups].map((group) => ({
    position: group * blocksPerGroup * blockSize,
    write: (out) => {
      writeHead(out, image, group, descriptors);
      if (group === 0) writeReservedMaps(out, image);
    },
  }));
}

/** The doubly indirect block of the resize inode: the place of each reserved block by its number in the table. */
export function writeResizeBlock(out: SequentialOutput, { layout }: Image): void {
  const { reservedDescriptorBlocks, descriptorBlocks } = layout.geometry;
  if (layout.resizeBlock === 0) return;
  const at = out.reserve(layout.resizeBlock * blockSize, blockSize);
  for (let i = 0; i < reservedDescriptorBlocks; i++) {
    const slot = (descriptorBlocks + i) % addressesPerBlock;
    out.view.setUint32(at + 4 * slot, 1 + descriptorBlocks + i, true);
  }
}

function writeHead(out: SequentialOutput, image: Image, group: number, descriptors: Uint8Array): void {
  const first = group * blocksPerGroup * blockSize;
  const at = out.reserve(first, blockSize);
  const superblock = at + (group === 0 ? superblockOffset : 0);
  writeSuperblock(new DataView(out.bytes.buffer, out.bytes.byteOffset + superblock, superblockSize), image, group);
  for (let done = 0; done < descriptors.length; done += blockSize) {
    const place = out.reserve(first + blockSize + done, blockSize);
    out.bytes.set(descriptors.subarray(done, done + blockSize), place);
  }
}

/** Each reserved block is an indirect block that lists its own copies. */
function writeReservedMaps(out: SequentialOutput, { layout }: Image): void {
  const { reservedDescriptorBlocks, descriptorBlocks, backupGroups } = layout.geometry;
  if (backupGroups.length === 0) return;
  for (let i = 0; i < reservedDescriptorBlocks; i++) {
    const block = 1 + descriptorBlocks + i;
    const at = out.reserve(block * blockSize, blockSize);
    for (const [slot, group] of backupGroups.entries()) {
      out.view.setUint32(at + 4 * slot, block + group * blocksPerGroup, true);
    }
  }
}
