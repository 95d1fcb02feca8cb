import { textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import type { DataExtent, LayerEntry, LayerInode } from '../tree/entry.ts';
import type { LinkGroup } from './link-groups.ts';
import type { UpperFile } from './upper-file.ts';

/** Makes the entries of a layer from files of an upper directory; names of one inode share theirs. */
export interface LayerInodes {
  entry(file: UpperFile): LayerEntry;
}

export function createLayerInodes(fileSystem: Ext4FileSystem, groups: ReadonlyMap<number, LinkGroup>): LayerInodes {
  const shared = new Map<number, LayerInode>();
  let next = 0;
  let mapped = 0;

  function make(file: UpperFile): LayerInode {
    const data = file.inode.kind === 'file' ? [...fileSystem.dataExtents(file.inode)] : [];
    mapped += data.reduce((sum, { length }) => sum + length, 0);
    if (mapped > fileSystem.image.size) throw overlapping(file);
    return layerInode(fileSystem, file, { number: next++, links: groups.get(file.inode.number)?.links ?? 1, data });
  }

  return {
    entry(file) {
      const inode = shared.get(file.inode.number) ?? make(file);
      if (inode.links > 1) shared.set(file.inode.number, inode);
      return { path: file.path, what: { type: 'inode', inode, opaque: false } };
    },
  };
}

/** Each block belongs to one file: an image whose files share blocks could make a layer of any size. */
function overlapping({ path }: UpperFile): FirekilnError {
  return new FirekilnError(
    'EXT4_CORRUPT',
    `ext4 image, '${textOf(path)}': with this file, the files have more data than the image`,
  );
}

function layerInode(
  fileSystem: Ext4FileSystem,
  { inode, attributes }: UpperFile,
  place: { readonly number: number; readonly links: number; readonly data: readonly DataExtent[] },
): LayerInode {
  const isDevice = inode.kind === 'character' || inode.kind === 'block';
  return {
    kind: inode.kind,
    mode: inode.mode,
    uid: inode.uid,
    gid: inode.gid,
    mtimeSec: inode.mtimeSec,
    mtimeNsec: inode.mtimeNsec,
    size: inode.kind === 'file' ? inode.size : 0,
    ...(inode.kind === 'symlink' && { linkTarget: fileSystem.linkTarget(inode) }),
    ...(isDevice && { deviceMajor: inode.deviceMajor, deviceMinor: inode.deviceMinor }),
    ...(attributes.own !== undefined && { xattrs: attributes.own }),
    ...place,
  };
}
