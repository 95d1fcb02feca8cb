import { throwIfAborted } from '../../base/abort.ts';
import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Ext4FileSystem } from '../ext4/reader/file-system.ts';
import type { LayerEntry } from '../tree/entry.ts';
import type { Tree } from '../tree/tree.ts';
import { isUnchanged } from './is-unchanged.ts';
import { createLayerInodes, type LayerInodes } from './layer-inodes.ts';
import { findLinkGroups, type LinkGroup } from './link-groups.ts';
import type { UpperFile } from './upper-file.ts';
import { type UpperStep, walkUpper } from './upper-walk.ts';

export interface UpperLayerOptions {
  /** The image that holds the upper directory, opened for this use: its budget of work is spent here. */
  readonly fileSystem: Ext4FileSystem;
  /** The upper directory's path in the image, without a slash at either end. */
  readonly upper: ByteString;
  /** What the step saw: the overlay's lower layers. */
  readonly parent: Tree;
  readonly signal?: AbortSignal | undefined;
}

/** Names that begin so are whiteouts in a layer (OCI image spec, layer.md#whiteouts). */
const whiteoutPrefix = '.wh.';

/**
 * What a step wrote, as the entries of an OCI layer in tree order: the data of their inodes lie in
 * `fileSystem.image`. A layer has what BuildKit's overlay differ would put into it; docs/formats/ext4-reader.md names
 * the differences. Throws what the file system throws, OVERLAY_UPPER_INVALID, LAYER_NAME_RESERVED or ABORTED.
 */
export function* upperLayer(options: UpperLayerOptions): Generator<LayerEntry> {
  const { fileSystem, parent, signal } = options;
  const upper = upperInode(options);
  const groups = findLinkGroups(fileSystem, upper, parent);
  const inodes = createLayerInodes(fileSystem, groups);
  // The folders on the way down: the first `given` of them are in the layer.
  const folders: UpperFile[] = [];
  let given = 0;
  for (const step of walkUpper(fileSystem, upper, parent)) {
    throwIfAborted(signal, 'reading what the step wrote');
    if (step.type === 'end-of-folder') {
      folders.pop();
      given = Math.min(given, folders.length);
      continue;
    }
    const entry = entryOf(step, fileSystem, parent, groups, inodes);
    if (entry !== undefined) {
      refuseReservedName(entry.path);
      for (const folder of folders.slice(given)) {
        // The root is in no layer that does not change the root itself.
        if (folder.path !== '') yield inodes.entry(folder);
      }
      given = folders.length;
      yield entry;
    }
    if (step.type === 'present' && step.file.inode.kind === 'directory') {
      folders.push(step.file);
      if (entry !== undefined) given = folders.length;
    }
  }
}

function upperInode({ fileSystem, upper }: UpperLayerOptions): number {
  const number = fileSystem.lookup(upper);
  if (number === undefined || fileSystem.inode(number).kind !== 'directory') {
    throw new FirekilnError(
      'OVERLAY_UPPER_INVALID',
      `the image has no directory '${textOf(upper)}' with what the step wrote`,
    );
  }
  return number;
}

/** Undefined if the layer need not say anything of the path. */
function entryOf(
  step: Exclude<UpperStep, { type: 'end-of-folder' }>,
  fileSystem: Ext4FileSystem,
  parent: Tree,
  groups: ReadonlyMap<number, LinkGroup>,
  inodes: LayerInodes,
): LayerEntry | undefined {
  if (step.type === 'hidden') return { path: step.path, what: { type: 'whiteout' } };
  const { file, below } = step;
  // Archives have no sockets; what one replaced is gone all the same.
  if (file.inode.kind === 'socket') {
    return below === undefined ? undefined : { path: file.path, what: { type: 'whiteout' } };
  }
  const group = groups.get(file.inode.number);
  const isSame =
    group === undefined ? below !== undefined && isUnchanged(fileSystem, file, below, parent) : !group.isChanged;
  return isSame ? undefined : inodes.entry(file);
}

function refuseReservedName(path: ByteString): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!name.startsWith(whiteoutPrefix)) return;
  throw new FirekilnError(
    'LAYER_NAME_RESERVED',
    `the step wrote '/${textOf(path)}': a layer cannot hold names that begin with '.wh.'`,
  );
}
