import { type ByteString, emptyByteString } from '../../base/byte-string.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import { fileChunks } from '../../formats/tree/file-data.ts';
import type { Tree } from '../../formats/tree/tree.ts';
import { childOf, nameOf } from './paths.ts';
import { resolveInTree } from './resolve.ts';

/** Where a changed file's bytes come from when the layer is written. */
export interface FileContent {
  read(signal?: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** An inode of a work tree. Names that share the object are hard links. */
export interface WorkInode {
  meta: InodeMeta;
  /** Of a file. */
  readonly content?: FileContent;
}

/** What a change to one path is. */
export type Change =
  | { readonly type: 'removed' }
  | {
      readonly type: 'present';
      readonly inode: WorkInode;
      /** Of a folder: nothing of the base's folder shows through. */
      readonly opaque: boolean;
    };

export interface PathChange {
  readonly path: ByteString;
  readonly change: Change;
}

interface Branch {
  change: Change | undefined;
  /** A folder of the base that has another time, which a layer only tells of if something in the folder has changed. */
  touched?: Pick<InodeMeta, 'mtimeSec' | 'mtimeNsec'>;
  readonly children: Map<ByteString, Branch>;
}

/**
 * A file system that can be changed: a base tree and, in memory, what differs from it. Paths are tree paths without
 * symlinks in them; {@link WorkTree.resolve} makes them so.
 */
export class WorkTree {
  readonly base: Tree;
  readonly #root: Branch = { change: undefined, children: new Map() };

  constructor(base: Tree) {
    this.base = base;
  }

  lookup(path: ByteString): InodeMeta | undefined {
    return this.inode(path)?.meta;
  }

  /** The inode object of a changed path, or a fresh one that describes what the base has there. */
  inode(path: ByteString): WorkInode | undefined {
    const found = this.#find(path);
    if (found.change?.type === 'removed') return undefined;
    if (found.change?.type === 'present') return found.change.inode;
    if (found.hidden) return undefined;
    const inode = this.base.lookup(path)?.inode;
    if (inode === undefined) return undefined;
    if (inode.kind !== 'file') return { meta: inode };
    return { meta: inode, content: { read: () => fileChunks(this.base, inode) } };
  }

  /** Names in a folder, in byte order. */
  names(folder: ByteString): ByteString[] {
    const found = this.#find(folder);
    const names = new Set<ByteString>();
    if (!found.hidden && found.change?.type !== 'removed' && !isOpaque(found.change)) {
      for (const entry of this.base.children(folder)) names.add(nameOf(entry.path));
    }
    for (const [name, branch] of found.branch?.children ?? []) {
      if (branch.change?.type === 'removed') names.delete(name);
      else if (branch.change?.type === 'present') names.add(name);
    }
    return [...names].sort();
  }

  /** See {@link resolveInTree}. */
  resolve(path: ByteString, followLast: boolean): ByteString {
    return resolveInTree(path, { readLink: (at) => this.lookup(at)?.linkTarget, followLast });
  }

  /**
   * Puts an inode at a path whose folder exists. A folder over a folder changes its metadata and keeps what is in it;
   * everything else replaces what was there.
   */
  put(path: ByteString, inode: WorkInode): void {
    const old = this.lookup(path);
    const branch = this.#grow(path);
    delete branch.touched;
    const merges = old?.kind === 'directory' && inode.meta.kind === 'directory';
    if (merges) {
      branch.change = { type: 'present', inode, opaque: isOpaque(branch.change) };
      return;
    }
    branch.children.clear();
    branch.change = { type: 'present', inode, opaque: inode.meta.kind === 'directory' };
  }

  /** Changes the metadata of what is at a path. Hard links of it that this tree made change with it. */
  change(path: ByteString, change: Partial<InodeMeta>): void {
    const inode = this.inode(path);
    if (inode === undefined) throw new Error(`nothing to change at /${path}`);
    inode.meta = { ...inode.meta, ...change };
    this.put(path, inode);
  }

  /** Changes the time of a folder, as what is put into it does: by itself that is no change. */
  touch(path: ByteString, time: Pick<InodeMeta, 'mtimeSec' | 'mtimeNsec'>): void {
    const branch = this.#grow(path);
    if (branch.change === undefined) branch.touched = time;
    else this.change(path, time);
  }

  /** Removes a path and what is below it; does nothing where nothing is. */
  remove(path: ByteString): void {
    if (this.lookup(path) === undefined) return;
    const branch = this.#grow(path);
    branch.children.clear();
    branch.change = { type: 'removed' };
  }

  /**
   * What differs from the base, in tree order, folders that lead to a change included with their metadata as it is:
   * what the layer of this work holds.
   */
  *changes(): IterableIterator<PathChange> {
    yield* this.#walk(emptyByteString, this.#root, false);
  }

  *#walk(path: ByteString, branch: Branch, hidden: boolean): IterableIterator<PathChange> {
    if (branch.change?.type === 'removed') {
      if (!hidden && this.base.lookup(path) !== undefined) yield { path, change: branch.change };
      return;
    }
    const known = branch.change?.inode ?? this.inode(path);
    if (known === undefined || (branch.change === undefined && !hasChange(branch))) return;
    const inode = branch.touched === undefined ? known : { ...known, meta: { ...known.meta, ...branch.touched } };
    const base = hidden ? undefined : this.base.lookup(path);
    const opaque = isOpaque(branch.change) && base?.inode.kind === 'directory';
    yield { path, change: { type: 'present', inode, opaque } };
    const below = hidden || isOpaque(branch.change);
    const children = [...branch.children].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, child] of children) yield* this.#walk(childOf(path, name), child, below);
  }

  #find(path: ByteString): { branch: Branch | undefined; change: Change | undefined; hidden: boolean } {
    let branch: Branch | undefined = this.#root;
    let hidden = false;
    if (path !== '') {
      for (const name of path.split('/') as ByteString[]) {
        if (branch?.change?.type === 'removed' || isOpaque(branch?.change) || isLeaf(branch?.change)) hidden = true;
        branch = branch?.children.get(name);
      }
    }
    return { branch, change: branch?.change, hidden };
  }

  #grow(path: ByteString): Branch {
    let branch = this.#root;
    if (path === '') return branch;
    for (const name of path.split('/') as ByteString[]) {
      let next = branch.children.get(name);
      if (next === undefined) {
        next = { change: undefined, children: new Map() };
        branch.children.set(name, next);
      }
      branch = next;
    }
    return branch;
  }
}

function hasChange(branch: Branch): boolean {
  return branch.change !== undefined || [...branch.children.values()].some(hasChange);
}

function isOpaque(change: Change | undefined): boolean {
  return change?.type === 'present' && change.opaque;
}

function isLeaf(change: Change | undefined): boolean {
  return change?.type === 'present' && change.inode.meta.kind !== 'directory';
}
