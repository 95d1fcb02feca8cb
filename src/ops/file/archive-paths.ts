import { type ByteString, emptyByteString } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { leadsAbove } from '../../base/leads-above.ts';
import {
  maxLayerMetadataBytes,
  maxLayerPaths,
  maxNameBytes,
  maxParentLinks,
  maxParentSteps,
  maxPathBytes,
} from '../../formats/layer-index/layer-limits.ts';
import { describeMember } from '../../formats/layer-index/member-inode.ts';
import type { TarMember } from '../../formats/tar/tar-member.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import { cleanPath } from '../../formats/tree/tree-path.ts';
import { makeFolders, type Timestamp } from './folders.ts';
import type { Owner } from './owner.ts';
import { childOf, nameOf, parentOf } from './paths.ts';
import type { WorkTree } from './work-tree.ts';

interface PathsTarget {
  readonly to: WorkTree;
  readonly destination: ByteString;
  readonly owner: Owner | undefined;
  readonly time: Timestamp;
}

/** Where the paths of an archive lead in the tree that it is unpacked into. */
export class ArchivePaths {
  readonly #target: PathsTarget;
  readonly #root: ByteString;
  #lastFolder: { readonly asked: ByteString; readonly at: ByteString } | undefined;
  #member: TarMember | undefined;
  #paths = 0;
  #bytes = 0;

  /** Makes the folder that the archive is unpacked into. */
  constructor(target: PathsTarget) {
    const { to, destination, owner, time } = target;
    this.#target = target;
    this.#root = to.resolve(destination, true);
    makeFolders(to, this.#root, { mode: 0o755, owner, time });
  }

  /** The folders on the way are made. Undefined for the archive's root, unless it is spelled `/` or `..`. */
  ofMember(member: TarMember): ByteString | undefined {
    this.#member = member;
    const path = cleanPath(member.path);
    this.#count(1, path.length + (member.linkTarget?.length ?? 0) + xattrBytes(member));
    if (path === '') return this.#ofRoot(member);
    const name = nameOf(path);
    this.#checkName(name);
    this.#checkPath(path);
    const at = childOf(this.#folder(parentOf(path)), name);
    this.#checkPath(at);
    return at;
  }

  /** What a hard link names, which need not be there; a symlink in the last place stands for itself. */
  ofLink(target: ByteString): ByteString {
    const path = cleanPath(target);
    return path === '' ? this.#root : childOf(this.#walk(parentOf(path)), nameOf(path));
  }

  /** To be called when something that was there has been replaced: a path may lead elsewhere now. */
  changed(): void {
    this.#lastFolder = undefined;
  }

  /** To moby only `.` is the root, of which it takes nothing. The root of an image is in no layer. */
  #ofRoot({ path, kind }: TarMember): ByteString | undefined {
    if (!path.startsWith('/') && !leadsAbove(path)) return undefined;
    if (kind !== 'directory') {
      throw new FirekilnError('TAR_INVALID', this.#described('its path is the root, and it is no folder'));
    }
    return this.#root === '' ? undefined : this.#root;
  }

  #folder(path: ByteString): ByteString {
    if (this.#lastFolder?.asked === path) return this.#lastFolder.at;
    const { to, time } = this.#target;
    const at = this.#walk(path);
    if (to.lookup(at)?.kind !== 'directory') {
      this.#checkPath(at);
      const names = at.split('/') as ByteString[];
      this.#count(names.length, at.length);
      for (const name of names) this.#checkName(name);
      makeFolders(to, at, { mode: 0o755, owner: { uid: 0, gid: 0 }, time });
    }
    this.#lastFolder = { asked: path, at };
    return at;
  }

  /** As Linux walks, in a chroot: `..` leaves the folder that has been reached. What is not there stands for itself. */
  #walk(path: ByteString): ByteString {
    const open = path.split('/').reverse() as ByteString[];
    const trail: ByteString[] = [this.#root];
    let links = 0;
    let steps = 0;
    let isThere = true;
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (links > 0 && ++steps > maxParentSteps) this.#loops();
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (trail.length > 1) trail.pop();
        isThere = true;
        continue;
      }
      const at = childOf(trail.at(-1) ?? emptyByteString, name);
      // Below what is not there is nothing to look for.
      const found: InodeMeta | undefined = isThere ? this.#target.to.lookup(at) : undefined;
      const target = found?.linkTarget;
      if (target === undefined) {
        trail.push(at);
        isThere = found !== undefined;
        continue;
      }
      if (++links > maxParentLinks) this.#loops();
      if (target.startsWith('/')) trail.length = 1;
      open.push(...(target.split('/').reverse() as ByteString[]));
    }
    return trail.at(-1) ?? this.#root;
  }

  #count(paths: number, bytes: number): void {
    this.#paths += paths;
    this.#bytes += bytes;
    if (this.#paths > maxLayerPaths) this.#exceeds(`too many paths; maxLayerPaths is ${maxLayerPaths}`);
    if (this.#bytes > maxLayerMetadataBytes) {
      this.#exceeds(`the archive has too much metadata; maxLayerMetadataBytes is ${maxLayerMetadataBytes}`);
    }
  }

  #checkName(name: ByteString): void {
    if (name.length > maxNameBytes) this.#exceeds(`a name of ${name.length} bytes; maxNameBytes is ${maxNameBytes}`);
  }

  #checkPath({ length }: ByteString): void {
    if (length > maxPathBytes) this.#exceeds(`a path of ${length} bytes; maxPathBytes is ${maxPathBytes}`);
  }

  #exceeds(reason: string): never {
    throw new FirekilnError('LIMIT_EXCEEDED', this.#described(reason));
  }

  #loops(): never {
    throw new FirekilnError('SYMLINK_LOOP', this.#described('its folder leads through too many symbolic links'));
  }

  #described(reason: string): string {
    return this.#member === undefined ? reason : `${describeMember(this.#member)}: ${reason}`;
  }
}

function xattrBytes({ xattrs }: TarMember): number {
  let bytes = 0;
  for (const [name, value] of xattrs ?? []) bytes += name.length + value.length;
  return bytes;
}
