import type { ByteString } from '../../base/byte-string.ts';
import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import type { Ext4Inode } from '../ext4/reader/inode.ts';
import { type OverlayAttributes, overlayAttributes } from './overlay-attributes.ts';

/** One path of an upper directory. */
export interface UpperFile {
  /** From the upper directory, thus from the root of the tree; empty for the root. */
  readonly path: ByteString;
  readonly inode: Ext4Inode;
  readonly attributes: OverlayAttributes;
}

export function upperFile(fileSystem: Ext4FileSystem, path: ByteString, inode: Ext4Inode): UpperFile {
  return { path, inode, attributes: overlayAttributes(path, fileSystem.xattrs(inode)) };
}

/** True if the file only hides what lies below. */
export function isWhiteout({ inode, attributes }: UpperFile): boolean {
  return isWhiteoutDevice(inode) || (attributes.isWhiteout && inode.kind === 'file' && inode.size === 0);
}

/** The classic form: a character device 0:0. All of an upper directory may share one inode. */
export function isWhiteoutDevice({ kind, deviceMajor, deviceMinor }: Ext4Inode): boolean {
  return kind === 'character' && deviceMajor === 0 && deviceMinor === 0;
}
