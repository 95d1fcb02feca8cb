import { type ByteString, emptyByteString, textOf } from '../../../base/byte-string.ts';
import type { DirectoryEntry } from './directory.ts';
import type { Ext4FileSystem } from './file-system.ts';
import { corrupt, overLimit } from './image-error.ts';
import type { Ext4Inode } from './inode.ts';
import { maxPathBytes } from './limits.ts';

/** One path of an image. */
export interface WalkedFile {
  /** From the folder where the walk began; empty for that folder. */
  readonly path: ByteString;
  readonly inode: Ext4Inode;
}

/**
 * A folder, then everything in it, in tree order. Each directory is entered once: one that comes a second time is an
 * error (EXT4_CORRUPT), so the walk ends on any image.
 */
export function* walk(fileSystem: Ext4FileSystem, folder: number): Generator<WalkedFile> {
  const entered = new Set<number>();
  // A stack instead of recursion: trees may be thousands of levels deep.
  const open: { readonly path: ByteString; readonly entries: Iterator<DirectoryEntry> }[] = [];
  let file: WalkedFile | undefined = { path: emptyByteString, inode: fileSystem.inode(folder) };
  while (true) {
    if (file !== undefined) {
      yield file;
      if (file.inode.kind === 'directory') {
        enterDirectory(entered, file.inode);
        open.push({ path: file.path, entries: fileSystem.readdir(file.inode).values() });
      }
    }
    const top = open.at(-1);
    if (top === undefined) return;
    const next = top.entries.next();
    if (next.done) open.pop();
    file = next.done
      ? undefined
      : { path: joinPath(top.path, next.value.name), inode: fileSystem.inode(next.value.inode) };
  }
}

/** EXT4_CORRUPT if the directory was entered before. */
export function enterDirectory(entered: Set<number>, directory: Ext4Inode): void {
  if (entered.has(directory.number)) throw corrupt(`inode ${directory.number}`, 'a directory with more than one name');
  entered.add(directory.number);
}

/** EXT4_TOO_COMPLEX if the path gets longer than {@link maxPathBytes}. */
export function joinPath(folder: ByteString, name: ByteString): ByteString {
  const path = (folder === '' ? name : `${folder}/${name}`) as ByteString;
  if (path.length > maxPathBytes) {
    throw overLimit(`path ${textOf(path).slice(0, 100)}...`, `it has more than ${maxPathBytes} bytes`);
  }
  return path;
}
