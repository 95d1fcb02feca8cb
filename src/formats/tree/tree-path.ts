import { type ByteString, emptyByteString } from '../../base/byte-string.ts';

/**
 * The tree path that a path of an archive or of a user stands for: `./a`, `/a`, `a//b/` and `a/./b` lose what means
 * nothing; `..` goes up lexically and stops at the root, as Go's `path.Clean("/" + path)` has it.
 */
export function cleanPath(path: ByteString): ByteString {
  if (isClean(path)) return path;
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') kept.pop();
    else kept.push(part);
  }
  return kept.join('/') as ByteString;
}

/** The folder that holds a path; of a path in the root, and of the root, the root. */
export function parentPath(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? emptyByteString : (path.slice(0, slash) as ByteString);
}

export function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1) as ByteString;
}

export function childPath(folder: ByteString, name: ByteString): ByteString {
  return (folder === '' ? name : `${folder}/${name}`) as ByteString;
}

/** The smallest path, in tree order, that comes after everything within `folder`; not defined for the root. */
export function afterSubtree(folder: ByteString): ByteString {
  return `${folder}\0` as ByteString;
}

const slash = 0x2f;
const dot = 0x2e;

function isClean(path: string): boolean {
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && path.charCodeAt(i) !== slash) continue;
    const length = i - start;
    if (length === 0) return path.length === 0;
    if (length <= 2 && path.charCodeAt(start) === dot && (length === 1 || path.charCodeAt(start + 1) === dot)) {
      return false;
    }
    start = i + 1;
  }
  return true;
}
