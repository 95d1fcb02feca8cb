import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { applySymbolicMode, type SymbolicMode } from '../../formats/chmod/symbolic-mode.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import type { FileSource, SourceNode } from '../../source/file-source.ts';
import type { PathFilter } from '../../source/path-filter.ts';
import { makeFolders, type Timestamp } from './folders.ts';
import type { Owner } from './owner.ts';
import { childOf, nameOf, parentOf } from './paths.ts';
import type { WorkInode, WorkTree } from './work-tree.ts';

export interface CopyOptions {
  readonly owner: Owner | undefined;
  readonly octalMode: number | undefined;
  readonly symbolicMode: SymbolicMode | undefined;
  readonly include: PathFilter | undefined;
  readonly exclude: PathFilter | undefined;
  /** Of folders that have to be made on the way. */
  readonly time: Timestamp;
}

interface PendingFolder {
  readonly source: SourceNode;
  readonly target: ByteString;
  readonly nested: boolean;
  made: boolean;
}

/**
 * Copies one source into a work tree as BuildKit's copy does: files keep mode and time, hard links among what is
 * copied stay hard links, symlinks inside a folder are copied as they are, folders merge; a file never replaces a
 * folder, a folder never replaces a file or a symlink.
 */
export class Copier {
  readonly #from: FileSource;
  readonly #to: WorkTree;
  readonly #options: CopyOptions;
  readonly #inodes = new Map<number | string, WorkInode>();
  readonly #pending: PendingFolder[] = [];

  constructor(from: FileSource, to: WorkTree, options: CopyOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  /** `source` and `target` are resolved; the target's folder exists. */
  copy(source: ByteString, target: ByteString): void {
    this.#copy(source, emptyByteString, target, false, undefined, undefined);
  }

  #copy(
    source: ByteString,
    relative: ByteString,
    target: ByteString,
    nested: boolean,
    includeState: unknown,
    excludeState: unknown,
  ): void {
    const { include, exclude } = this.#options;
    const inside = relative !== '';
    const included = inside && include !== undefined ? include.match(relative, includeState) : undefined;
    const excluded = inside && exclude !== undefined ? exclude.match(relative, excludeState) : undefined;
    const wanted = (included?.matches ?? true) && !(excluded?.matches ?? false);
    const node = this.#from.lookup(source);
    if (node === undefined) throw new Error(`/${textOf(source)} of ${this.#from.description} has vanished`);
    if (node.kind === 'directory') {
      const closed = excluded?.matches === true && exclude?.hasExceptions !== true;
      const folder: PendingFolder = { source: node, target, nested, made: false };
      if (wanted) {
        this.#makeParents();
        this.#makeFolder(folder);
      }
      this.#pending.push(folder);
      if (!closed) {
        for (const name of this.#from.names(source)) {
          const below = childOf(relative, name);
          this.#copy(childOf(source, name), below, childOf(target, name), true, included?.state, excluded?.state);
        }
      }
      this.#pending.pop();
      return;
    }
    if (!wanted) return;
    this.#makeParents();
    this.#place(node, target);
  }

  /** Folders that no pattern asked for, but that lead to something that is copied. */
  #makeParents(): void {
    for (const folder of this.#pending) {
      if (folder.made) continue;
      folder.made = true;
      if (this.#mayPutFolder(folder.target)) this.#to.put(folder.target, { meta: this.#meta(folder.source) });
      else this.#to.change(folder.target, { mode: folder.source.mode });
    }
  }

  /** The destination itself keeps its metadata if it exists, but for the time; folders below it are given the source's. */
  #makeFolder(folder: PendingFolder): void {
    folder.made = true;
    const { mtimeSec, mtimeNsec } = folder.source;
    if (this.#mayPutFolder(folder.target) || folder.nested) {
      this.#to.put(folder.target, { meta: this.#meta(folder.source) });
    } else this.#to.touch(folder.target, { mtimeSec, mtimeNsec });
  }

  /** False if the folder is there already. */
  #mayPutFolder(target: ByteString): boolean {
    const kind = this.#to.lookup(target)?.kind;
    if (kind === undefined) return true;
    if (kind === 'directory') return false;
    throw new FirekilnError('NOT_A_FOLDER', `cannot copy a folder onto /${textOf(target)}: it is a ${kind}`);
  }

  #place(node: SourceNode, target: ByteString): void {
    const old = this.#to.lookup(target);
    if (old?.kind === 'directory') {
      throw new FirekilnError('IS_A_FOLDER', `cannot replace the folder /${textOf(target)} by a ${node.kind}`);
    }
    const known = node.kind === 'file' && node.links > 1 ? this.#inodes.get(node.identity) : undefined;
    if (known !== undefined) {
      this.#to.put(target, known);
      return;
    }
    const inode: WorkInode =
      node.kind === 'file'
        ? { meta: this.#meta(node), content: { read: (signal) => node.read(signal) } }
        : { meta: this.#meta(node) };
    if (node.kind === 'file' && node.links > 1) this.#inodes.set(node.identity, inode);
    this.#to.put(target, inode);
  }

  #meta(node: SourceNode): InodeMeta {
    const { owner, octalMode, symbolicMode } = this.#options;
    let mode = node.mode;
    if (node.kind !== 'symlink') {
      if (symbolicMode !== undefined) mode = applySymbolicMode(symbolicMode, mode, node.kind === 'directory');
      else if (octalMode !== undefined) mode = octalMode;
    }
    return {
      kind: node.kind,
      mode,
      uid: owner?.uid ?? node.uid,
      gid: owner?.gid ?? node.gid,
      mtimeSec: node.mtimeSec,
      mtimeNsec: node.mtimeNsec,
      size: node.size,
      ...(node.linkTarget === undefined ? {} : { linkTarget: node.linkTarget }),
      ...(node.deviceMajor === undefined ? {} : { deviceMajor: node.deviceMajor, deviceMinor: node.deviceMinor ?? 0 }),
      ...(node.xattrs === undefined ? {} : { xattrs: node.xattrs }),
    };
  }
}

/** Makes the destination's folder as BuildKit does, and says where a source lands. */
export function prepareTarget(
  to: WorkTree,
  source: { readonly path: ByteString; readonly node: SourceNode },
  destination: { readonly path: ByteString; readonly isFolder: boolean },
  options: CopyOptions & { readonly contentsOnly: boolean },
): ByteString {
  // Go's os.Mkdir leaves setuid, setgid and sticky out.
  const folder = { mode: (options.octalMode ?? 0o755) & 0o777, owner: options.owner, time: options.time };
  if (destination.isFolder) makeFolders(to, to.resolve(destination.path, true), folder);
  else makeFolders(to, to.resolve(parentOf(destination.path), true), folder);
  let target = to.resolve(destination.path, true);
  const old = to.lookup(target);
  const isFolder = source.node.kind === 'directory';
  const lands = isFolder ? !options.contentsOnly && old !== undefined : old?.kind === 'directory';
  if (lands && source.path !== '') {
    target = childOf(target, nameOf(source.path));
  }
  const parent = isFolder && options.contentsOnly && old === undefined ? target : parentOf(target);
  makeFolders(to, parent, folder);
  return target;
}
