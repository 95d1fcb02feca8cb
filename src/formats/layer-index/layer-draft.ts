import { type ByteString, byteString, bytesOf, emptyByteString, sliceBytes, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { childPath } from '../tree/tree-path.ts';
import { type DraftNode, isFolder, newNode, nodeKind, type WalkedNode, walkNodes } from './draft-node.ts';
import type { RawInode } from './inode-record.ts';
import {
  maxLayerMetadataBytes,
  maxLayerPaths,
  maxNameBytes,
  maxParentLinks,
  maxParentSteps,
  maxPathBytes,
} from './layer-limits.ts';
import { RecordArena } from './record-arena.ts';

/** A folder of the draft and its path without symlinks. */
interface Place {
  readonly path: ByteString;
  readonly node: DraftNode;
}

/**
 * A layer under construction: takes the entries of a tar in their order and ends up with what unpacking them would
 * leave on a disk. All paths are clean (see cleanPath); a symlink of the same layer on the way to a path is followed.
 */
export class LayerDraft {
  readonly inodes = new RecordArena();
  readonly #root = newNode();
  readonly #rootPlace: Place = { path: emptyByteString, node: this.#root };
  readonly #describe: () => string;
  readonly #awaited = new Map<ByteString, DraftNode[]>();
  #paths = 1;
  #nameBytes = 0;
  #lastFolder: { readonly asked: ByteString; readonly place: Place } | undefined;

  /** `describe` names the entry at hand, for errors. */
  constructor(describe: () => string) {
    this.#describe = describe;
  }

  /** Every path in tree order, implied ones included. */
  walk(): IterableIterator<WalkedNode> {
    return walkNodes(this.#root);
  }

  /** Adds a folder, or changes one that is there: attributes add up, the rest is replaced. */
  putFolder(path: ByteString, inode: RawInode): void {
    const { node } = this.#grow(path);
    if (node.kind === nodeKind.directory) {
      this.#mergeInto(node.inode, inode);
      return;
    }
    if (!isFolder(node)) this.#clear(node);
    node.kind = nodeKind.directory;
    node.inode = this.inodes.add(inode);
    this.#checkSize();
  }

  /** Adds anything but a folder; what was at the path, and below it, is gone. */
  putOther(path: ByteString, inode: RawInode): void {
    const place = this.#grow(path);
    const id = this.inodes.add(inode);
    this.#setInode(place, id, inode.kind === 'symlink' ? nodeKind.symlink : nodeKind.other);
    this.#checkSize();
  }

  /**
   * Adds a name for what is at `target` now, or for what will be there, or, if this layer never has it, for what the
   * layers below have there. `inode` is the link's own header: its metadata holds for the shared inode from now on.
   */
  putHardLink(path: ByteString, target: ByteString, inode: RawInode): void {
    const found = this.#find(target);
    if (found !== undefined && isFolder(found)) this.#refuse(`it is a hard link to the folder /${textOf(target)}`);
    const place = this.#grow(path);
    if (found === place.node || (found === undefined && place.path === target)) {
      if (found === undefined) this.#refuse('it is a hard link to itself');
      if (found.inode >= 0) this.#mergeInto(found.inode, inode);
      return;
    }
    if (found !== undefined && found.inode >= 0) {
      this.#mergeInto(found.inode, inode);
      this.#setInode(place, found.inode, found.kind);
      return;
    }
    const external = found?.target ?? target;
    this.#clear(place.node);
    place.node.kind = nodeKind.externalLink;
    place.node.target = external;
    const waiting = this.#awaited.get(external);
    if (waiting === undefined) this.#awaited.set(external, [place.node]);
    else waiting.push(place.node);
  }

  /** Another name for an inode that has none of its own in the layer. */
  putLinkToInode(path: ByteString, id: number, inode: RawInode): void {
    const place = this.#grow(path);
    this.#mergeInto(id, inode);
    this.#setInode(place, id, nodeKind.other);
  }

  /** Hides the path of the layers below. What this layer has there stays. */
  putWhiteout(path: ByteString): void {
    this.#grow(path).node.whiteout = true;
  }

  /** Hides the path of the layers below, and what this layer has there is gone. */
  putRemoval(path: ByteString): void {
    const { node } = this.#grow(path);
    this.#clear(node);
    node.whiteout = true;
  }

  /** Hides what the layers below have in a folder. */
  putOpaque(folder: ByteString): void {
    this.#folder(folder).node.opaque = true;
  }

  #setInode({ path, node }: Place, id: number, kind: DraftNode['kind']): void {
    this.#clear(node);
    node.kind = kind;
    node.inode = id;
    if (this.#awaited.size === 0) return;
    for (const waiting of this.#awaited.get(path) ?? []) {
      if (waiting.kind !== nodeKind.externalLink || waiting.target !== path) continue;
      this.#clear(waiting);
      waiting.kind = kind;
      waiting.inode = id;
    }
    this.#awaited.delete(path);
  }

  #clear(node: DraftNode): void {
    node.kind = nodeKind.none;
    node.inode = -1;
    node.target = undefined;
    node.opaque = false;
    if (node.children !== undefined) {
      node.children = undefined;
      this.#lastFolder = undefined;
    }
  }

  /** Metadata from `header`, attributes of both; kind and data stay. */
  #mergeInto(id: number, header: RawInode): void {
    const old = this.inodes.get(id);
    const attributes = old.xattrs === undefined ? header.xattrs : new Map([...old.xattrs, ...(header.xattrs ?? [])]);
    this.inodes.set(id, {
      ...old,
      mode: old.kind === 'symlink' ? old.mode : header.mode,
      uid: header.uid,
      gid: header.gid,
      mtimeSec: header.mtimeSec,
      mtimeNsec: header.mtimeNsec,
      ...(attributes === undefined ? {} : { xattrs: attributes }),
    });
    this.#checkSize();
  }

  /** The node at a path, made if it is not there. */
  #grow(path: ByteString): Place {
    if (path === '') return this.#rootPlace;
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? this.#rootPlace : this.#folder(sliceBytes(path, 0, slash));
    const name = sliceBytes(path, slash + 1);
    return { path: childPath(parent.path, name), node: this.#child(parent, name) };
  }

  /** The folder at a path, made if it is not there. */
  #folder(path: ByteString): Place {
    if (this.#lastFolder?.asked === path) return this.#lastFolder.place;
    const place = this.#descend(path, true);
    if (place === undefined) throw new Error(`no folder made at ${path}`);
    this.#lastFolder = { asked: path, place };
    return place;
  }

  /** The node at a path, if there is one. */
  #find(path: ByteString): DraftNode | undefined {
    if (path === '') return this.#root;
    const slash = path.lastIndexOf('/');
    const parent = this.#descend(sliceBytes(path, 0, Math.max(0, slash)), false);
    const node = parent?.node.children?.get(sliceBytes(path, slash + 1));
    return node?.kind === nodeKind.none && node.children === undefined ? undefined : node;
  }

  /** Walks to a folder, symlinks followed; undefined if it is not there and is not to be made. */
  #descend(path: ByteString, make: boolean): Place | undefined {
    const trail: Place[] = [this.#rootPlace];
    const open = path.split('/').reverse() as ByteString[];
    let links = 0;
    let steps = 0;
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (links > 0 && ++steps > maxParentSteps) this.#refuse('its folder leads through too many symbolic links');
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        continue;
      }
      const at: Place = trail.at(-1) ?? this.#rootPlace;
      const node = make ? this.#child(at, name) : at.node.children?.get(name);
      if (node === undefined) return undefined;
      const place = { path: childPath(at.path, name), node };
      if (isFolder(node)) trail.push(place);
      else if (node.kind === nodeKind.symlink) {
        if (++links > maxParentLinks) this.#refuse('its folder leads through too many symbolic links');
        const target = this.inodes.get(node.inode).linkTarget ?? ('' as ByteString);
        if (target.startsWith('/')) trail.length = 1;
        open.push(...(target.split('/').reverse() as ByteString[]));
      } else this.#refuse(`/${textOf(place.path)} is not a folder in this layer`);
    }
    return trail.at(-1);
  }

  #child(parent: Place, name: ByteString): DraftNode {
    const { node } = parent;
    node.children ??= new Map();
    const known = node.children.get(name);
    if (known !== undefined) return known;
    if (name.length > maxNameBytes) this.#limit(`a name of ${name.length} bytes`, `maxNameBytes is ${maxNameBytes}`);
    const length = parent.path.length + 1 + name.length;
    if (length > maxPathBytes) this.#limit(`a path of ${length} bytes`, `maxPathBytes is ${maxPathBytes}`);
    if (++this.#paths > maxLayerPaths) this.#limit('the layer has too many paths', `maxLayerPaths is ${maxLayerPaths}`);
    this.#nameBytes += name.length;
    const made = newNode();
    // A copy: the slice of a path would keep the whole path in memory.
    node.children.set(byteString(bytesOf(name)), made);
    return made;
  }

  #checkSize(): void {
    const bytes = this.inodes.bytes + this.#nameBytes;
    if (bytes > maxLayerMetadataBytes) {
      this.#limit(`the layer has ${bytes} bytes of metadata`, `maxLayerMetadataBytes is ${maxLayerMetadataBytes}`);
    }
  }

  #refuse(reason: string): never {
    throw new FirekilnError('TAR_INVALID', `${this.#describe()}: ${reason}`);
  }

  #limit(what: string, ceiling: string): never {
    throw new FirekilnError('LIMIT_EXCEEDED', `${this.#describe()}: ${what}; ${ceiling}`);
  }
}
