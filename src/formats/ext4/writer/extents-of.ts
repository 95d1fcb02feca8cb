import { blockSize } from '../layout/block-size.ts';
import type { FlatExtents } from './extent-writer.ts';
import type { Image } from './image.ts';

/** The extents of what an inode holds. */
export function extentsOf({ collected, layout }: Image, inode: number): FlatExtents {
  const { inodes, maps } = collected;
  const place = inodes.place[inode] as number;
  if (place === 0) return [];
  const runs = maps.get(inode)?.runs ?? [{ logical: 0, count: Math.ceil((inodes.size[inode] as number) / blockSize) }];
  const flat: number[] = [];
  layout.cursor.extents(place, runs, (logical, block, length) => flat.push(logical, block, length));
  return flat;
}
