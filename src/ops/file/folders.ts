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
  let made: InodeMeta | undefined;
  for (const name of path.split('/') as ByteString[]) {
    at = childOf(at, name);
    // In a new folder is nothing to look for.
    const kind = made === undefined ? tree.lookup(at)?.kind : undefined;
    if (kind === 'directory') continue;
    if (kind !== undefined) {
      throw new FirekilnError('NOT_A_FOLDER', `/${textOf(at)} is in the way: it is a ${kind}, not a folder`);
    }
    made = folderMeta(folder, made ?? tree.lookup(parentOf(at)));
    tree.put(at, { meta: made });
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
