import { type ByteString, textOf } from '../../../base/byte-string.ts';
import { reservedInode } from '../layout/inode.ts';
import { directoryEntries } from './directory.ts';
import type { ImageContext } from './image-context.ts';
import { readInode } from './inode.ts';

/** The inode number of a path, from the root on; symlinks are not followed. Undefined if there is no such path. */
export function lookupPath(context: ImageContext, path: ByteString): number | undefined {
  let number: number = reservedInode.root;
  for (const name of path === '' ? [] : path.split('/')) {
    if (name === '' || name === '.' || name === '..') throw new Error(`not a normal path: ${textOf(path)}`);
    const inode = readInode(context, number);
    if (inode.kind !== 'directory') return undefined;
    let found: number | undefined;
    for (const entry of directoryEntries(context, inode)) {
      if (entry.name === name) found = entry.inode;
    }
    if (found === undefined) return undefined;
    number = found;
  }
  return number;
}
