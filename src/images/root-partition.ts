import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { hasExt4Magic } from '../formats/ext4/reader/superblock.ts';
import type { RandomAccess } from '../formats/io/random-access.ts';
import { windowAccess } from '../formats/io/window-access.ts';
import type { Partition } from '../formats/partitions/partition.ts';
import { readPartitions } from '../formats/partitions/read-partitions.ts';
import { FileAccess } from '../store/file-access.ts';

/** The file system that a disk is about, and the partition that it fills; undefined: it fills the disk. */
export interface RootOfDisk {
  readonly partition: Partition | undefined;
  readonly content: RandomAccess;
}

/**
 * Finds the root file system of a disk: the disk itself, the partition of that PARTUUID, or, where none is named, the only
 * partition with an ext4 file system. Throws PARTITION_UNUSABLE.
 */
export function rootOfDisk(disk: RandomAccess, path: string, partuuid: string | undefined): RootOfDisk {
  const partitions = readPartitions(disk);
  if (partitions === undefined) {
    if (partuuid === undefined) return { partition: undefined, content: disk };
    throw unusable(`${path} has no partition table, and so no partition ${partuuid}`, {
      hint: 'Leave --machine-root-drive-partuuid out: the file system fills the disk.',
    });
  }
  const contentOf = ({ start, size }: Partition) => windowAccess(disk, start, size);
  const fitting =
    partuuid === undefined
      ? partitions.filter((one) => hasExt4Magic(contentOf(one)))
      : partitions.filter((one) => one.partuuid === partuuid.toLowerCase());
  const [partition, second] = fitting;
  if (partition !== undefined && second === undefined) return { partition, content: contentOf(partition) };
  throw unusable(
    partuuid === undefined
      ? `${path} has ${fitting.length === 0 ? 'no partition' : 'several partitions'} with an ext4 file system`
      : `${path} has no partition ${partuuid}`,
    {
      details: partitions.map(({ number, partuuid: uuid, size }) => `${number}: PARTUUID ${uuid}, ${size} bytes`),
      hint: partitions.length === 0 ? undefined : 'Name one of these with --machine-root-drive-partuuid.',
    },
  );
}

/** The partition of a disk that holds its root; see {@link rootOfDisk}. */
export function rootPartition(path: string, partuuid: string | undefined): Partition | undefined {
  using disk = new FileAccess(path);
  return rootOfDisk(disk, path, partuuid).partition;
}

function unusable(message: string, more: { readonly hint?: string | undefined; readonly details?: readonly string[] }) {
  return new FirekilnError('PARTITION_UNUSABLE', message, more);
}
