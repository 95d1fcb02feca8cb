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

/** What Linux takes, in bytes. */
const maxPathBytes = 4095;
const maxNameBytes = 255;

/** The path of a tree that a text such as `/a/../b/` stands for. Throws PATH_INVALID for one that no file has. */
export function treePath(path: string): ByteString {
  const refuse = (why: string): never => {
    throw new FirekilnError('PATH_INVALID', `${JSON.stringify(path.slice(0, 200))} is no path: it ${why}`);
  };
  if (path.includes('\0')) refuse('has a NUL character');
  const names = cleanComponents(byteStringFromText(path));
  if (names.some((name) => name.length > maxNameBytes)) refuse(`has a name of more than ${maxNameBytes} bytes`);
  const clean = joinBytes(names, '/');
  return clean.length > maxPathBytes ? refuse(`has more than ${maxPathBytes} bytes`) : clean;
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
