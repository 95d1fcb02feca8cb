import { type ByteString, emptyByteString, sliceBytes, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { leadsAbove } from '../../base/leads-above.ts';
import type { TarMember } from '../tar/tar-member.ts';
import type { FileKind } from '../tree/entry.ts';
import { baseName, childPath, cleanPath, parentPath } from '../tree/tree-path.ts';
import type { RawInode } from './inode-record.ts';
import { LayerDraft } from './layer-draft.ts';
import { maxLinkTargetBytes } from './layer-limits.ts';
import { type LayerNotes, noNotes } from './layer-notes.ts';
import { allowedXattrs } from './xattr-policy.ts';

export interface LayerOptions {
  /**
   * Character devices 0:0 are whiteouts to overlayfs: `refuse` a layer that has one, or take it for the `whiteout` that
   * it would be.
   */
  readonly zeroDevices: 'refuse' | 'whiteout';
  /**
   * False for an archive that is no layer (`ADD`, a context): names that start with `.wh.` are names like others. A hard
   * link that the archive does not have the target of is an external link there too.
   */
  readonly whiteouts: boolean;
}

const whiteoutPrefix = '.wh.';
const aufsPrefix = '.wh..wh.';
const opaqueName = '.wh..wh..opq';
const aufsLinks = '.wh..wh.plnk/';

/** What the members of a tar mean as entries of a layer: docs/layers.md. */
export class LayerRules {
  readonly draft: LayerDraft;
  readonly notes: LayerNotes = noNotes();
  readonly #options: LayerOptions;
  readonly #aufsInodes = new Map<ByteString, number>();
  #member: TarMember | undefined;

  constructor(options: LayerOptions) {
    this.#options = options;
    this.draft = new LayerDraft(() => this.#described());
  }

  /** Throws TAR_INVALID or LIMIT_EXCEEDED where no file system can hold the member. */
  add(member: TarMember): void {
    this.#member = member;
    const path = cleanPath(member.path);
    if (path.length + 2 < member.path.length && leadsAbove(member.path)) this.notes.clampedPaths++;
    if (this.#options.whiteouts && path.includes(whiteoutPrefix) && this.#takeMarker(path, member)) return;
    if (path === '' && member.kind !== 'directory') {
      // An archive for ADD may have one, which stands for nothing.
      if (!this.#options.whiteouts) return;
      this.#refuse('its path is the root, and it is no folder');
    }
    this.#place(path, member);
  }

  #place(path: ByteString, member: TarMember): void {
    switch (member.kind) {
      case 'directory':
        this.draft.putFolder(path, this.#inode(member, 'directory'));
        return;
      case 'hard-link':
        this.#link(path, member);
        return;
      case 'character':
        if (member.deviceMajor === 0 && member.deviceMinor === 0) this.#placeZeroDevice(path);
        else this.draft.putOther(path, this.#inode(member, 'character'));
        return;
      case 'symlink':
      case 'file':
      case 'block':
      case 'fifo':
        this.draft.putOther(path, this.#inode(member, member.kind));
        return;
      case 'unknown':
        this.#refuse(`its type ${JSON.stringify(String.fromCharCode(member.typeFlag))} is none of a file system`);
    }
  }

  #placeZeroDevice(path: ByteString): void {
    if (this.#options.zeroDevices === 'refuse') {
      this.#refuse('it is a character device 0:0, which hides files instead of being one');
    }
    this.notes.deviceWhiteouts++;
    this.draft.putRemoval(path);
  }

  #link(path: ByteString, member: TarMember): void {
    const target = cleanPath(member.linkTarget ?? emptyByteString);
    if (target === '') this.#refuse('it is a hard link to the root');
    const inode = this.#inode(member, 'file');
    const aufs = this.#aufsInodes.get(target);
    if (aufs !== undefined) this.draft.putLinkToInode(path, aufs, inode);
    else this.draft.putHardLink(path, target, inode);
  }

  /** True if the path is a marker and not an entry. */
  #takeMarker(path: ByteString, member: TarMember): boolean {
    const parts = path.split('/');
    const first = parts.findIndex((part) => part.startsWith(whiteoutPrefix));
    const name = parts[first];
    if (name === undefined) return false;
    const isLast = first === parts.length - 1;
    if (name === opaqueName && isLast) {
      this.draft.putOpaque(parentPath(path));
      return true;
    }
    if (name.startsWith(aufsPrefix)) {
      this.#takeAufs(path, member);
      return true;
    }
    if (!isLast) this.#refuse(`${name} in its path is a whiteout and no folder`);
    const hidden = sliceBytes(baseName(path), whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..') this.#refuse('it is a whiteout of nothing');
    this.draft.putWhiteout(childPath(parentPath(path), hidden));
    return true;
  }

  /** aufs kept files with several names under one of its own. */
  #takeAufs(path: ByteString, member: TarMember): void {
    this.notes.aufsEntries++;
    if (member.kind === 'file' && path.startsWith(aufsLinks)) {
      this.#aufsInodes.set(path, this.draft.inodes.add(this.#inode(member, 'file')));
    }
  }

  #inode(member: TarMember, kind: FileKind): RawInode {
    const { mode, uid, gid, mtimeSec, mtimeNsec, linkTarget } = member;
    const xattrs = allowedXattrs(member.xattrs, this.notes, (what) => this.#exceeds('an extended attribute', what));
    if (kind === 'symlink') this.#checkTarget(linkTarget);
    return {
      kind,
      mode: kind === 'symlink' ? 0o777 : mode,
      uid,
      gid,
      mtimeSec,
      mtimeNsec,
      size: member.size,
      data: member.data,
      ...(kind === 'symlink' && linkTarget !== undefined ? { linkTarget } : {}),
      ...(kind === 'character' || kind === 'block'
        ? { deviceMajor: member.deviceMajor, deviceMinor: member.deviceMinor }
        : {}),
      ...(xattrs === undefined ? {} : { xattrs }),
    };
  }

  #checkTarget(target: ByteString | undefined): void {
    const length = target?.length ?? 0;
    if (length === 0) this.#refuse('it is a symbolic link to nothing');
    if (length > maxLinkTargetBytes) {
      this.#exceeds(`a link target of ${length} bytes`, `maxLinkTargetBytes is ${maxLinkTargetBytes}`);
    }
  }

  #described(): string {
    const { path = emptyByteString, offset = 0 } = this.#member ?? {};
    return `tar entry ${JSON.stringify(textOf(path))} at byte ${offset}`;
  }

  #refuse(reason: string): never {
    throw new FirekilnError('TAR_INVALID', `${this.#described()}: ${reason}`);
  }

  #exceeds(what: string, ceiling: string): never {
    throw new FirekilnError('LIMIT_EXCEEDED', `${this.#described()}: ${what}; ${ceiling}`);
  }
}
