import { type ByteString, byteStringFromText, emptyByteString, joinBytes } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** Components of a path as tree paths have them: no empty ones, no `.`; `..` goes up and stops at the root. */
export function cleanComponents(path: ByteString): ByteString[] {
  const kept: ByteString[] = [];
  for (const part of path.split('/') as ByteString[]) {
    if (part === '' || part === '.') continue;
    if (part === '..') kept.pop();
    else kept.push(part);
  }
  return kept;
}

/** The path of a tree that a text such as `/a/../b/` stands for. Throws PATH_INVALID for one with a NUL, which no file has. */
export function treePath(path: string): ByteString {
  if (path.includes('\0')) {
    throw new FirekilnError('PATH_INVALID', `${JSON.stringify(path.slice(0, 200))} is no path: it has a NUL character`);
  }
  return joinBytes(cleanComponents(byteStringFromText(path)), '/');
}

export function parentOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? emptyByteString : (path.slice(0, slash) as ByteString);
}

export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1) as ByteString;
}

export function childOf(folder: ByteString, name: ByteString): ByteString {
  return (folder === '' ? name : `${folder}/${name}`) as ByteString;
}
