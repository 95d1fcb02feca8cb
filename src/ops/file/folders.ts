import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import type { Owner } from './owner.ts';
import { childOf, parentOf } from './paths.ts';
import type { WorkTree } from './work-tree.ts';

export interface Timestamp {
  readonly sec: number;
  readonly nsec: number;
}

export interface NewFolder {
  readonly mode: number;
  readonly owner: Owner | undefined;
  readonly time: Timestamp;
}

/**
 * Makes the folders of a resolved path that are not there. As with mkdir(2), one in a setgid folder is setgid too and,
 * if it is given no owner, of that folder's group. Throws NOT_A_FOLDER where something else is in the way.
 */
export function makeFolders(tree: WorkTree, path: ByteString, folder: NewFolder): void {
  let at: ByteString = emptyByteString;
  if (path === '') return;
  for (const name of path.split('/') as ByteString[]) {
    at = childOf(at, name);
    const kind = tree.lookup(at)?.kind;
    if (kind === 'directory') continue;
    if (kind !== undefined) {
      throw new FirekilnError('NOT_A_FOLDER', `/${textOf(at)} is in the way: it is a ${kind}, not a folder`);
    }
    tree.put(at, { meta: folderMeta(folder, tree.lookup(parentOf(at))) });
  }
}

function folderMeta({ mode, owner, time }: NewFolder, above: InodeMeta | undefined): InodeMeta {
  const setgid = (above?.mode ?? 0) & 0o2000;
  return {
    kind: 'directory',
    mode: mode | setgid,
    uid: owner?.uid ?? 0,
    gid: owner?.gid ?? (setgid === 0 ? 0 : (above?.gid ?? 0)),
    mtimeSec: time.sec,
    mtimeNsec: time.nsec,
    size: 0,
  };
}
