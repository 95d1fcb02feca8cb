import type { ByteString } from '../../base/byte-string.ts';
import type { Ext4Source } from '../../formats/ext4/writer/options.ts';
import type { TreeEntry, TreeInode } from '../../formats/tree/entry.ts';
import { impliedFolder } from '../../formats/tree/implied-folder.ts';
import type { SegmentEntry, SegmentView } from '../../formats/tree/segment-view.ts';

/** Names that one whiteout inode is given; ext4 ends at 65,000. */
const maxWhiteoutNames = 60_000;

const opaqueName = 'trusted.overlay.opaque' as ByteString;
const opaqueValue = Buffer.from('y');

/**
 * A segment as a file system that the kernel's overlayfs understands (Documentation/filesystems/overlayfs.rst,
 * "whiteouts and opaque directories"): a character device 0:0 for what is hidden, an attribute on a folder that shows
 * nothing of those below. As the kernel's own, whiteouts are names of one inode.
 */
export function segmentSource(view: SegmentView): Ext4Source {
  return {
    layers: view.layers,
    entryCount: view.entryCount,
    *walk() {
      let whiteouts = 0;
      for (const entry of view.entries()) yield treeEntry(entry, () => whiteouts++);
    },
  };
}

/** A file system with nothing in it. */
export const emptySource: Ext4Source = {
  layers: [],
  *walk() {
    yield { path: '' as ByteString, inode: { ...impliedFolder, key: 0, layer: 0, data: [] } };
  },
};

function treeEntry(entry: SegmentEntry, countWhiteout: () => number): TreeEntry {
  if (entry.type === 'whiteout') return { path: entry.path, inode: whiteoutInode(countWhiteout()) };
  const { path, inode, opaque } = entry;
  if (!opaque) return { path, inode };
  return { path, inode: { ...inode, xattrs: new Map([...(inode.xattrs ?? []), [opaqueName, opaqueValue]]) } };
}

function whiteoutInode(count: number): TreeInode {
  return {
    kind: 'character',
    mode: 0,
    uid: 0,
    gid: 0,
    mtimeSec: 0,
    mtimeNsec: 0,
    size: 0,
    deviceMajor: 0,
    deviceMinor: 0,
    // Keys of a tree's own inodes are never negative.
    key: -1 - Math.floor(count / maxWhiteoutNames),
    layer: 0,
    data: [],
  };
}
