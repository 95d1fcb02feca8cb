import { type ByteString, byteStringFromText } from '../../src/base/byte-string.ts';
import type { RandomAccess } from '../../src/formats/io/random-access.ts';
import type { DataExtent, FileKind, TreeEntry, TreeInode } from '../../src/formats/tree/entry.ts';
import { compareTreeOrder } from '../../src/formats/tree/tree-order.ts';

/** A file system in memory, for tests of what is made from trees. */
export interface MemoryFile {
  /** Text is taken as UTF-8. */
  readonly path: string | ByteString;
  /** A file by default. */
  readonly kind?: FileKind;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly seconds?: number;
  readonly nanoseconds?: number;
  /** The whole content, or stretches of it with `size`. */
  readonly content?: Uint8Array | string;
  readonly pieces?: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  readonly size?: number;
  readonly target?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: Readonly<Record<string, Uint8Array | string>>;
  /** A further name of this path's inode; everything but `path` is ignored. */
  readonly linkTo?: string | ByteString;
}

export interface MemoryTree {
  readonly layers: readonly { readonly data: RandomAccess }[];
  walk(): IterableIterator<TreeEntry>;
}

/** The files in tree order; the root and missing folders are added with mode 0755 and time 0. Data lies at multiples of 512. */
export function memoryTree(files: readonly MemoryFile[]): MemoryTree {
  const byPath = new Map<string, MemoryFile>();
  for (const file of files) byPath.set(bytesPath(file.path), file);
  for (const path of byPath.keys()) {
    for (let at = path.lastIndexOf('/'); at >= 0; at = path.lastIndexOf('/', at - 1)) addFolder(path.slice(0, at));
  }
  addFolder('');
  const paths = [...byPath.keys()].sort((a, b) => compareTreeOrder(a as ByteString, b as ByteString));
  const blob = new Blob();
  const inodes = new Map<string, TreeInode>();
  const inodeOf = (path: string): TreeInode => {
    const file = byPath.get(path);
    if (file === undefined) throw new Error(`a link to ${path}, which is not there`);
    if (file.linkTo !== undefined) return inodeOf(bytesPath(file.linkTo));
    let inode = inodes.get(path);
    if (inode === undefined) {
      inode = makeInode(file, inodes.size, blob);
      inodes.set(path, inode);
    }
    return inode;
  };
  const entries = paths.map((path) => ({ path: path as ByteString, inode: inodeOf(path) }));
  return { layers: [{ data: blob.finish() }], walk: () => entries.values() };

  function addFolder(path: string): void {
    if (!byPath.has(path)) byPath.set(path, { path, kind: 'directory', mode: 0o755 });
  }
}

/** A path as it is in an entry: bytes. */
export function bytesPath(path: string | ByteString): ByteString {
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) > 0xff) return byteStringFromText(path);
  return path as ByteString;
}

class Blob {
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  add(bytes: Uint8Array): number {
    const at = this.#size;
    this.#parts.push(bytes, new Uint8Array(-bytes.length & 511));
    this.#size += (bytes.length + 511) & -512;
    return at;
  }

  finish(): RandomAccess {
    const all = Buffer.concat(this.#parts);
    return {
      size: all.length,
      read: (target, position) => all.copy(target, 0, position, Math.min(position + target.length, all.length)),
    };
  }
}

function makeInode(file: MemoryFile, key: number, blob: Blob): TreeInode {
  const kind = file.kind ?? 'file';
  const content = typeof file.content === 'string' ? Buffer.from(file.content) : file.content;
  const pieces = file.pieces ?? (content === undefined || content.length === 0 ? [] : [{ at: 0, bytes: content }]);
  const data: DataExtent[] = pieces.map(({ at, bytes }) => ({
    fileOffset: at,
    length: bytes.length,
    blobOffset: blob.add(bytes),
  }));
  const xattrs = Object.entries(file.xattrs ?? {}).map(
    ([name, value]) => [name as ByteString, typeof value === 'string' ? Buffer.from(value) : value] as const,
  );
  return {
    key,
    layer: 0,
    kind,
    mode: file.mode ?? (kind === 'directory' ? 0o755 : kind === 'symlink' ? 0o777 : 0o644),
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
    mtimeSec: file.seconds ?? 0,
    mtimeNsec: file.nanoseconds ?? 0,
    size: kind === 'file' ? (file.size ?? content?.length ?? 0) : 0,
    data,
    ...(file.target === undefined ? {} : { linkTarget: bytesPath(file.target) }),
    ...(file.major === undefined ? {} : { deviceMajor: file.major }),
    ...(file.minor === undefined ? {} : { deviceMinor: file.minor }),
    ...(xattrs.length === 0 ? {} : { xattrs: new Map(xattrs) }),
  };
}
