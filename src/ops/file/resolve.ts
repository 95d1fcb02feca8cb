import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { childOf, cleanComponents, parentOf } from './paths.ts';

/** As Linux and BuildKit have it; a chain of more symlinks is a loop. */
const maxSymlinks = 255;

export interface ResolveOptions {
  /** The target of the symlink at a path, or undefined if there is none. */
  readonly readLink: (path: ByteString) => ByteString | undefined;
  /** False: a symlink in the last place stands for itself. */
  readonly followLast: boolean;
}

/**
 * Where a path leads within a tree, every symlink resolved against the tree's own root. Components that do not exist
 * stand for themselves. `..` stops at the root and is taken lexically, as BuildKit does; but in an absolute link target
 * that ends the path it leads out of the folder that has been reached. Throws SYMLINK_LOOP.
 */
export function resolveInTree(path: ByteString, { readLink, followLast }: ResolveOptions): ByteString {
  let open = cleanComponents(path).reverse();
  let resolved: ByteString = emptyByteString;
  let links = 0;
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === '..') {
      resolved = parentOf(resolved);
      continue;
    }
    const candidate = childOf(resolved, name);
    const target = open.length > 0 || followLast ? readLink(candidate) : undefined;
    if (target === undefined) {
      resolved = candidate;
      continue;
    }
    if (++links > maxSymlinks) {
      throw new FirekilnError('SYMLINK_LOOP', `too many symbolic links in /${textOf(path)}`);
    }
    open = openAfter(target, resolved, open);
    resolved = emptyByteString;
  }
  return resolved;
}

/** What is to be walked from the root on, last component first. */
function openAfter(target: ByteString, folder: ByteString, open: readonly ByteString[]): ByteString[] {
  const isAbsolute = target.startsWith('/');
  if (isAbsolute && open.length === 0) {
    return (target.split('/') as ByteString[]).filter((part) => part !== '' && part !== '.').reverse();
  }
  const rest = open.toReversed().join('/');
  return cleanComponents((isAbsolute ? `${target}/${rest}` : `${folder}/${target}/${rest}`) as ByteString).reverse();
}
