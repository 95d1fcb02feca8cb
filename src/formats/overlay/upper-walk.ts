import type { ByteString } from '../../base/byte-string.ts';
import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import type { Ext4Inode } from '../ext4/reader/inode.ts';
import { enterDirectory, joinPath } from '../ext4/reader/walk.ts';
import type { TreeEntry } from '../tree/entry.ts';
import type { Tree } from '../tree/tree.ts';
import { isWhiteout, type UpperFile, upperFile } from './upper-file.ts';

/** One step of {@link walkUpper}. */
export type UpperStep =
  /** The upper directory has something at the path; `below` is what the tree has there. */
  | { readonly type: 'present'; readonly file: UpperFile; readonly below: TreeEntry | undefined }
  /** The tree has something at the path that the upper directory hides. */
  | { readonly type: 'hidden'; readonly path: ByteString }
  /** All that lies in the folder has been given. */
  | { readonly type: 'end-of-folder' };

/** What is found at one name of a folder, in the upper directory, below it, or in both. */
interface Found {
  readonly path: ByteString;
  readonly inode: Ext4Inode | undefined;
  readonly below: TreeEntry | undefined;
}

interface OpenFolder {
  readonly found: Iterator<Found>;
  /** Nothing of the tree below shows in it. */
  readonly isOpaque: boolean;
}

/**
 * Goes through an upper directory in tree order and tells what it does to the tree. An opaque folder hides each name
 * of the folder below that it does not have itself; so do the folders in it.
 */
export function* walkUpper(fileSystem: Ext4FileSystem, upper: number, parent: Tree): Generator<UpperStep> {
  const entered = new Set<number>();
  const open: OpenFolder[] = [];
  const root = upperFile(fileSystem, '' as ByteString, fileSystem.inode(upper));
  let step: Exclude<UpperStep, { type: 'end-of-folder' }> | undefined = {
    type: 'present',
    file: root,
    below: parent.lookup('' as ByteString),
  };
  while (true) {
    if (step !== undefined) {
      yield step;
      if (step.type === 'present' && step.file.inode.kind === 'directory') {
        enterDirectory(entered, step.file.inode);
        // The root is always merged: the kernel takes no notice of marks there.
        const isOpaque = open.at(-1)?.isOpaque === true || (step.file !== root && step.file.attributes.isOpaque);
        open.push({ found: namesIn(fileSystem, step.file, step.below, isOpaque, parent), isOpaque });
      }
    }
    const folder = open.at(-1);
    if (folder === undefined) return;
    const next = folder.found.next();
    if (next.done) {
      open.pop();
      yield { type: 'end-of-folder' };
    }
    step = next.done ? undefined : stepOf(fileSystem, next.value);
  }
}

function stepOf(
  fileSystem: Ext4FileSystem,
  { path, inode, below }: Found,
): Exclude<UpperStep, { type: 'end-of-folder' }> | undefined {
  const hidden = below === undefined ? undefined : ({ type: 'hidden', path } as const);
  if (inode === undefined) return hidden;
  const file = upperFile(fileSystem, path, inode);
  // A whiteout with nothing below it is left from a name that came and went.
  return isWhiteout(file) ? hidden : { type: 'present', file, below };
}

function* namesIn(
  fileSystem: Ext4FileSystem,
  folder: UpperFile,
  below: TreeEntry | undefined,
  isOpaque: boolean,
  parent: Tree,
): Generator<Found> {
  const hasBelow = below?.inode.kind === 'directory';
  const old = hasBelow && isOpaque ? parent.children(folder.path) : undefined;
  let oldest = old?.next();
  for (const { name, inode } of fileSystem.readdir(folder.inode)) {
    const path = joinPath(folder.path, name);
    for (; oldest?.done === false && oldest.value.path < path; oldest = old?.next()) {
      yield { path: oldest.value.path, inode: undefined, below: oldest.value };
    }
    let same: TreeEntry | undefined;
    if (oldest?.done === false && oldest.value.path === path) {
      same = oldest.value;
      oldest = old?.next();
    } else if (hasBelow && !isOpaque) {
      same = parent.lookup(path);
    }
    yield { path, inode: fileSystem.inode(inode), below: same };
  }
  for (; oldest?.done === false; oldest = old?.next()) {
    yield { path: oldest.value.path, inode: undefined, below: oldest.value };
  }
}
