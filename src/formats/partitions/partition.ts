import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../io/random-access.ts';

/** A part of a disk, as its partition table has it. */
export interface Partition {
  /** From 1; in Linux the end of its device's name. */
  readonly number: number;
  /** What `root=PARTUUID=` of Linux names it by (Linux, block/early-lookup.c), in small letters. */
  readonly partuuid: string;
  /** In bytes. */
  readonly start: number;
  readonly size: number;
}

/** Of every disk that VMs are given. */
export const sectorBytes = 512;

/** Bytes of a disk; fewer where it ends. */
export function bytesAt(disk: RandomAccess, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, disk.read(bytes, position));
}

export function damagedTable(why: string): FirekilnError {
  return new FirekilnError('PARTITION_UNUSABLE', `the partition table of the disk is damaged: ${why}`);
}
