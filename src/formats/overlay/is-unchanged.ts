import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import type { TreeEntry } from '../tree/entry.ts';
import { haveSameAttributes } from '../tree/same-attributes.ts';
import type { Tree } from '../tree/tree.ts';
import { haveSameContent } from './file-content.ts';
import { ownAttributes } from './overlay-attributes.ts';
import type { UpperFile } from './upper-file.ts';

/**
 * True if a copy in the upper directory says nothing that the tree below does not say: the rule of BuildKit
 * (util/overlay, sameDirent), but with all extended attributes instead of `security.capability` alone. A folder's
 * time does not count. The content of a file is only compared where neither time has nanoseconds, because such a
 * time may have been cut by an archive.
 */
export function isUnchanged(fileSystem: Ext4FileSystem, upper: UpperFile, below: TreeEntry, tree: Tree): boolean {
  const { inode } = upper;
  const old = below.inode;
  const hasSameMetadata =
    inode.kind === old.kind &&
    inode.mode === old.mode &&
    inode.uid === old.uid &&
    inode.gid === old.gid &&
    inode.deviceMajor === (old.deviceMajor ?? 0) &&
    inode.deviceMinor === (old.deviceMinor ?? 0) &&
    haveSameAttributes(upper.attributes.own, ownAttributes(old.xattrs));
  if (!hasSameMetadata) return false;
  if (inode.kind === 'directory') return true;
  const size = inode.kind === 'file' ? inode.size : 0;
  if (size !== old.size || inode.mtimeSec !== old.mtimeSec || inode.mtimeNsec !== old.mtimeNsec) return false;
  if (inode.kind === 'symlink') return fileSystem.linkTarget(inode) === old.linkTarget;
  if (inode.mtimeNsec !== 0 || size === 0) return true;
  const layer = tree.layers[old.layer];
  if (layer === undefined) throw new Error(`the tree has no layer ${old.layer}`);
  const extents = [...fileSystem.dataExtents(inode)];
  return haveSameContent({ blob: fileSystem.image, extents }, { blob: layer.data, extents: old.data }, size);
}
