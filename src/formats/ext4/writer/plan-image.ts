import { FirekilnError } from '../../../base/errors/firekiln-error.ts';
import { blockSize } from '../layout/block-size.ts';
import { modeType, reservedInode } from '../layout/inode.ts';
import { type Collected, collect } from './collect.ts';
import { planFolders } from './folders.ts';
import { makeGeometry, max32BitBlocks } from './geometry.ts';
import { countGroupUsage } from './group-usage.ts';
import { identityOf } from './identity.ts';
import type { Image } from './image.ts';
import type { InodeList } from './inode-list.ts';
import { inodeSize } from './inode-shape.ts';
import { journalBlocks as sizeOfJournal } from './journal-size.ts';
import { type LayoutPlan, planLayout } from './layout-plan.ts';
import type { Ext4Options, Ext4Source, WritableOptions } from './options.ts';
import { assignXattrBlocks, type XattrStorage } from './xattr-blocks.ts';

/** Of the superblock's volume name, in bytes. */
const maxLabel = 16;

/** As mke2fs: one inode for so many bytes. */
const bytesPerInode = 16384;

/** As mke2fs: how many times its size a file system can grow to in place. */
const growFactor = 1024;

/** Bytes that the resize inode maps: all that direct, indirect and doubly indirect blocks reach. */
const resizeInodeSize = ((blockSize / 4) ** 2 + blockSize / 4 + 12) * blockSize;

/** Writable images are whole MiB. */
const roundTo = (1 << 20) / blockSize;

/** Decides about everything: reads the tree and lays out the image. */
export function planImage(source: Ext4Source, options: Ext4Options): Image {
  const { writable, epoch = 0 } = options;
  const label = encodeLabel(options.label ?? '');
  const identity = identityOf(options.identity);
  const collected = collect(source, { lostAndFound: writable !== undefined, epoch, signal: options.signal });
  const folders = planFolders(collected, identity.hashSeed);
  const xattrs = assignXattrBlocks(collected, options.shareXattrBlocks ?? true);
  const planned =
    writable === undefined ? planReadOnly(collected, xattrs) : planWritable(collected, xattrs, writable, epoch);
  return {
    layers: source.layers,
    collected,
    folders,
    xattrs,
    layout: planned.layout,
    usage: countGroupUsage(collected, planned.layout),
    identity,
    label,
    epoch,
    isWritable: writable !== undefined,
    journalBlocks: planned.journalBlocks,
  };
}

interface Planned {
  readonly layout: LayoutPlan;
  readonly journalBlocks: number;
}

/** As small as it gets: the last block is the last one in use. */
function planReadOnly(collected: Collected, xattrs: XattrStorage): Planned {
  return settle(estimateBlocks(collected, xattrs), (blocks) => {
    const geometry = makeGeometry({
      blocks,
      inodes: collected.inodes.last,
      writable: false,
      growTo: 0,
      isFixed: false,
    });
    const layout = planLayout(collected, xattrs, geometry);
    return { layout, journalBlocks: 0, needed: layout.cursor.end };
  });
}

function planWritable(collected: Collected, xattrs: XattrStorage, options: WritableOptions, epoch: number): Planned {
  const freeBlocks = Math.ceil((options.freeBytes ?? 0) / blockSize);
  const plan = (blocks: number, isFixed: boolean) => {
    const journal = sizeOfJournal(options.journal ?? true, blocks);
    setReservedFile(collected.inodes, reservedInode.journal, journal * blockSize, epoch);
    const geometry = makeGeometry({
      blocks,
      inodes: wantedInodes(collected.inodes.last, blocks, options),
      writable: true,
      growTo: wantedGrowth(blocks, options),
      isFixed,
    });
    const isGrowable = geometry.reservedDescriptorBlocks > 0;
    setReservedFile(collected.inodes, reservedInode.resize, isGrowable ? resizeInodeSize : 0, epoch);
    const layout = planLayout(collected, xattrs, geometry);
    const needed = Math.ceil((layout.cursor.end + freeBlocks) / roundTo) * roundTo;
    return { layout, journalBlocks: journal, needed };
  };
  const smallest = () => settle(estimateBlocks(collected, xattrs) + freeBlocks, (blocks) => plan(blocks, false));
  if (options.size === undefined) return smallest();
  const planned = plan(Math.max(1, Math.floor(options.size / blockSize)), true);
  const { geometry, cursor } = planned.layout;
  const holdsInodes = collected.inodes.last <= geometry.groups * geometry.inodesPerGroup;
  if (holdsInodes && cursor.end <= geometry.blocks) return planned;
  throw tooSmall(options.size, smallest().layout.geometry.blocks * blockSize);
}

/**
 * Finds a size that holds what a layout of that size needs: descriptors, tables and copies depend on the size, so it
 * is tried until it fits, and made smaller as long as it still fits. The plan made last is the one returned.
 */
function settle(estimate: number, plan: (blocks: number) => Planned & { readonly needed: number }): Planned {
  let tooFew = 0;
  for (let blocks = estimate; ; ) {
    const planned = plan(blocks);
    const { needed, layout } = planned;
    if (needed > layout.geometry.blocks) {
      tooFew = Math.max(tooFew, blocks);
      blocks = Math.max(needed, blocks + 1);
    } else if (needed >= blocks || needed <= tooFew) {
      return planned;
    } else {
      blocks = needed;
    }
  }
}

function estimateBlocks({ inodes, folders, files, longSymlinks, maps }: Collected, xattrs: XattrStorage): number {
  let bytes = (inodes.last + 1) * inodeSize;
  for (const folder of folders) bytes += inodes.size[folder] as number;
  let blocks = longSymlinks.length + xattrs.blocks.length + 5;
  for (const { value } of xattrs.valueInodes) blocks += Math.ceil(value.length / blockSize);
  for (const file of files) blocks += maps.get(file)?.blocks ?? Math.ceil((inodes.size[file] as number) / blockSize);
  return blocks + Math.ceil(bytes / blockSize);
}

function wantedInodes(used: number, blocks: number, { inodes }: WritableOptions): number {
  if (inodes !== undefined) return Math.max(used, inodes);
  return Math.max(used + Math.ceil(used / 4) + 16, Math.floor((blocks * blockSize) / bytesPerInode));
}

function wantedGrowth(blocks: number, { growTo }: WritableOptions): number {
  if (growTo !== undefined) return Math.ceil(growTo / blockSize);
  return Math.min(blocks * growFactor, Math.max(blocks, max32BitBlocks));
}

/** Makes an inode of the file system's own; without a size it is left unused. */
function setReservedFile(inodes: InodeList, inode: number, size: number, epoch: number): void {
  inodes.mode[inode] = size > 0 ? modeType.file | 0o600 : 0;
  inodes.links[inode] = 1;
  inodes.size[inode] = size;
  inodes.seconds[inode] = epoch;
}

function encodeLabel(label: string): Uint8Array {
  const bytes = Buffer.from(label, 'utf8');
  if (bytes.length <= maxLabel && !bytes.includes(0)) return bytes;
  throw new FirekilnError('EXT4_LIMIT', `the label ${JSON.stringify(label)} is longer than ${maxLabel} bytes`);
}

function tooSmall(size: number, needed: number): FirekilnError {
  return new FirekilnError('EXT4_TOO_SMALL', `an ext4 image of ${size} bytes can't hold the tree`, {
    hint: `It needs ${needed} bytes.`,
  });
}
