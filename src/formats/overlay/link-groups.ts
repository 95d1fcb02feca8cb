import type { ByteString } from '../../base/byte-string.ts';
import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import { walk } from '../ext4/reader/walk.ts';
import type { Tree } from '../tree/tree.ts';
import { isUnchanged } from './is-unchanged.ts';
import { isWhiteoutDevice, upperFile } from './upper-file.ts';

/** Files of an upper directory that have several names in it. */
export interface LinkGroup {
  /** Names in the upper directory. */
  readonly links: number;
  /** At least one of the names is new or was changed: then the layer holds all of them. */
  readonly isChanged: boolean;
}

/**
 * The groups of hard links below `upper`, by inode number. A name that a step linked to an unchanged file of the
 * layers below must bring that file along, else the layer would make two files of them.
 */
export function findLinkGroups(fileSystem: Ext4FileSystem, upper: number, parent: Tree): Map<number, LinkGroup> {
  const names = new Map<number, ByteString[]>();
  for (const { path, inode } of walk(fileSystem, upper)) {
    if (inode.links < 2 || inode.kind === 'directory' || isWhiteoutDevice(inode)) continue;
    const known = names.get(inode.number);
    if (known === undefined) names.set(inode.number, [path]);
    else known.push(path);
  }
  const groups = new Map<number, LinkGroup>();
  for (const [number, paths] of names) {
    const inode = fileSystem.inode(number);
    const isChanged = paths.some((path) => {
      const below = parent.lookup(path);
      return below === undefined || !isUnchanged(fileSystem, upperFile(fileSystem, path, inode), below, parent);
    });
    groups.set(number, { links: paths.length, isChanged });
  }
  return groups;
}
