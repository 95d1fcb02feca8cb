import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { TarEntry } from '../tar/encode-header.ts';
import { type TarContent, type TarInput, writeTar } from '../tar/tar-writer.ts';
import type { InodeMeta, LayerEntry, LayerInode } from '../tree/entry.ts';
import { fileChunks } from '../tree/file-data.ts';
import type { Tree } from '../tree/tree.ts';
import { baseName, childPath, parentPath } from '../tree/tree-path.ts';

export interface LayerTarOptions {
  readonly signal?: AbortSignal | undefined;
  /** In seconds: later times become this one (SOURCE_DATE_EPOCH). */
  readonly clampTime?: number | undefined;
}

/** Gives the data of a file, holes as zeros. Called once for each inode that has any. */
export type ReadInode = (inode: LayerInode) => TarContent;

/**
 * The OCI layer that has the given entries, which are in tree order, as a tar: whiteouts and opaque folders as the
 * image specification's markers, further names of an inode as hard links to its first. Sockets are left out: archives
 * have none. Throws LAYER_NAME_RESERVED for names that a layer would take for markers, and what {@link writeTar} throws.
 */
export function layerTar(
  entries: Iterable<LayerEntry>,
  read: ReadInode,
  options: LayerTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return writeTar(layerInputs(entries, read, options.clampTime), options);
}

/** Reads data by the extents of inodes: such as an ext4 image that a step's upper directory lies in. */
export function readFromBlob(blob: RandomAccess): ReadInode {
  const layered = { layers: [{ data: blob }] };
  return (inode) => fileChunks(layered, { ...inode, key: inode.number, layer: 0 });
}

/**
 * A complete file system as a tar. The root folder has an entry only if it is not an ordinary one (0755, owner 0:0, no
 * attributes), as archives that docker and BuildKit export have none.
 */
export function treeTar(
  tree: Pick<Tree, 'walk'> & { readonly layers: readonly { readonly data: RandomAccess }[] },
  options: LayerTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return writeTar(treeInputs(tree, options.clampTime), options);
}

const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq' as ByteString;
const marker = { kind: 'file', mode: 0, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0, size: 0 } as const;

function* layerInputs(entries: Iterable<LayerEntry>, read: ReadInode, clampTime?: number): Generator<TarInput> {
  const firstNames = new Map<number, ByteString>();
  for (const { path, what } of entries) {
    refuseReservedName(path);
    switch (what.type) {
      case 'whiteout': {
        const name = `${whiteoutPrefix}${baseName(path)}` as ByteString;
        yield { entry: { ...marker, path: childPath(parentPath(path), name) } };
        break;
      }
      case 'opaque-folder':
        yield { entry: { ...marker, path: childPath(path, opaqueName) } };
        break;
      case 'external-link':
        // The entry has no metadata of the file it leads to: a reader that goes by headers gives it these.
        yield { entry: { ...marker, mode: 0o644, kind: 'hard-link', path, linkTarget: what.target } };
        break;
      case 'inode': {
        const { inode } = what;
        if (inode.kind === 'socket') break;
        const first = firstNames.get(inode.number);
        if (inode.links > 1 && first === undefined) firstNames.set(inode.number, path);
        yield inputOf(path, inode, first, clampTime, () => read(inode));
        if (what.opaque) yield { entry: { ...marker, path: childPath(path, opaqueName) } };
        break;
      }
    }
  }
}

function* treeInputs(tree: Parameters<typeof treeTar>[0], clampTime?: number): Generator<TarInput> {
  const firstNames = new Map<number, ByteString>();
  for (const { path, inode } of tree.walk()) {
    if (inode.kind === 'socket' || (path === '' && isOrdinaryRoot(inode))) continue;
    const first = inode.kind === 'directory' ? undefined : firstNames.get(inode.key);
    if (first === undefined && inode.kind !== 'directory') firstNames.set(inode.key, path);
    yield inputOf(path, inode, first, clampTime, () => fileChunks(tree, inode));
  }
}

function isOrdinaryRoot({ mode, uid, gid, xattrs }: InodeMeta): boolean {
  return mode === 0o755 && uid === 0 && gid === 0 && xattrs === undefined;
}

function inputOf(
  path: ByteString,
  inode: InodeMeta,
  first: ByteString | undefined,
  clampTime: number | undefined,
  content: () => TarContent,
): TarInput {
  const { kind, mode, uid, gid, mtimeSec, mtimeNsec, xattrs, deviceMajor, deviceMinor } = inode;
  if (kind === 'socket') throw new Error('archives have no sockets');
  const isLate = clampTime !== undefined && mtimeSec >= clampTime;
  const time = isLate ? { mtimeSec: clampTime, mtimeNsec: 0 } : { mtimeSec, mtimeNsec };
  // A link's header counts too, for those who unpack it: it says what the file's says.
  const common = { mode, uid, gid, ...time, xattrs };
  const name = path === '' ? ('.' as ByteString) : path;
  if (first !== undefined) return { entry: { ...common, path: name, kind: 'hard-link', size: 0, linkTarget: first } };
  const entry: TarEntry = {
    ...common,
    path: name,
    kind,
    size: inode.size,
    linkTarget: inode.linkTarget,
    deviceMajor,
    deviceMinor,
  };
  return kind === 'file' && inode.size > 0 ? { entry, content: content() } : { entry };
}

function refuseReservedName(path: ByteString): void {
  if (!path.includes(whiteoutPrefix) || !baseName(path).startsWith(whiteoutPrefix)) return;
  throw new FirekilnError(
    'LAYER_NAME_RESERVED',
    `/${textOf(path)}: a layer cannot hold names that begin with '${whiteoutPrefix}'`,
  );
}
