import { type ByteString, emptyByteString, joinBytes, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { TreeEntry } from './entry.ts';
import type { Tree } from './tree.ts';
import { childPath, parentPath } from './tree-path.ts';

/** Symlinks on the way of one path. The kernel allows 40, container tools 255; more is a loop. */
const maxSymlinks = 255;

/** Components walked on the way of one path, those of link targets included. */
const maxPathSteps = 65_536;

export type ResolvedPath =
  | { readonly type: 'found'; readonly path: ByteString; readonly entry: TreeEntry }
  /** Nothing is there: `path` is where it would be, below the folder `folder` that exists. */
  | { readonly type: 'missing'; readonly path: ByteString; readonly folder: ByteString }
  /** A component in the middle, at `at`, is there but is no folder. */
  | { readonly type: 'not-a-folder'; readonly at: ByteString };

/**
 * Where a path leads in a tree, as the kernel walks it in a chroot: symlinks are followed within the tree's root, `..`
 * is the folder that really holds the one reached, and stops at the root. Components after a missing one are taken as
 * they stand. Throws SYMLINK_LOOP.
 */
export function resolvePath(
  tree: Pick<Tree, 'lookup'>,
  path: ByteString,
  { followLast }: { readonly followLast: boolean },
): ResolvedPath {
  const open = path.split('/').reverse() as ByteString[];
  let at = emptyByteString;
  let entry = tree.lookup(at);
  let links = 0;
  let steps = 0;
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (++steps > maxPathSteps) throw loop(path);
    if (name === '' || name === '.') continue;
    if (entry?.inode.kind !== 'directory') return { type: 'not-a-folder', at };
    if (name === '..') {
      at = parentPath(at);
      entry = tree.lookup(at);
      continue;
    }
    const next = childPath(at, name);
    const found = tree.lookup(next);
    if (found === undefined) return missing(at, name, open);
    const { linkTarget } = found.inode;
    if (linkTarget !== undefined && (followLast || open.length > 0)) {
      if (++links > maxSymlinks) throw loop(path);
      if (linkTarget.startsWith('/')) {
        at = emptyByteString;
        entry = tree.lookup(at);
      }
      for (const part of linkTarget.split('/').reverse()) open.push(part as ByteString);
      continue;
    }
    at = next;
    entry = found;
  }
  if (entry === undefined) throw new Error('a tree without a root');
  return { type: 'found', path: at, entry };
}

function isName(component: ByteString): boolean {
  return component !== '' && component !== '.';
}

function missing(folder: ByteString, name: ByteString, open: readonly ByteString[]): ResolvedPath {
  const rest: ByteString[] = [name];
  for (const component of open.toReversed()) {
    if (component === '..') rest.pop();
    else if (isName(component)) rest.push(component);
  }
  return { type: 'missing', path: rest.length === 0 ? folder : childPath(folder, joinBytes(rest, '/')), folder };
}

function loop(path: ByteString): FirekilnError {
  return new FirekilnError('SYMLINK_LOOP', `too many symbolic links in /${textOf(path)}`);
}
