import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { LayerInode } from '../../formats/tree/entry.ts';
import { fileChunks } from '../../formats/tree/file-data.ts';
import type { LayerContent } from '../../formats/tree/tree.ts';
import type { UnpackTarget } from './archive-unpacker.ts';
import { makeFolders } from './folders.ts';
import { childOf, nameOf, parentOf } from './paths.ts';
import { resolveInTree } from './resolve.ts';
import type { WorkInode } from './work-tree.ts';

/**
 * Puts what an archive holds below a folder, as moby's archive.Untar does in a chroot of that folder: symlinks on the way
 * are followed within it, folders merge, everything else replaces what was there, the archive's own root entry changes
 * nothing. `archive` is indexed without whiteouts.
 */
export function placeArchive(archive: LayerContent, { to, destination, owner, time, name }: UnpackTarget): void {
  const root = to.resolve(destination, true);
  makeFolders(to, root, { mode: 0o755, owner, time });
  const within = (path: ByteString) => (path === '' ? root : childOf(root, path));
  const inodes = new Map<number, WorkInode>();
  const resolve = (path: ByteString) =>
    resolveInTree(path, { readLink: (at) => to.lookup(within(at))?.linkTarget, followLast: true });

  const inodeOf = (inode: LayerInode): WorkInode => {
    const known = inodes.get(inode.number);
    if (known !== undefined) return known;
    const { number: _number, links: _links, data: _data, ...meta } = inode;
    const made: WorkInode = {
      meta: { ...meta, ...owner },
      ...(meta.kind === 'file'
        ? { content: { read: () => fileChunks({ layers: [archive] }, { ...inode, key: 0, layer: 0 }) } }
        : {}),
    };
    inodes.set(inode.number, made);
    return made;
  };

  for (const { path, what } of archive.index.entries()) {
    if (path === '') continue;
    const folder = within(resolve(parentOf(path)));
    makeFolders(to, folder, { mode: 0o755, owner: { uid: 0, gid: 0 }, time });
    const target = childOf(folder, nameOf(path));
    switch (what.type) {
      case 'inode': {
        const inode = inodeOf(what.inode);
        to.put(target, inode);
        break;
      }
      case 'external-link': {
        const linked = within(resolve(what.target));
        const inode = to.inode(linked);
        if (inode === undefined || inode.meta.kind === 'directory') {
          throw new FirekilnError(
            'TAR_INVALID',
            `archive /${textOf(name)}: /${textOf(path)} is a hard link to /${textOf(what.target)}, which is not there`,
          );
        }
        // Both names are in the layer, so that they stay one file.
        to.put(linked, inode);
        to.put(target, inode);
        break;
      }
      case 'whiteout':
      case 'opaque-folder':
        throw new Error('an archive was indexed as a layer');
    }
  }
}
