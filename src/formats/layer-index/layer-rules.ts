import { type ByteString, emptyByteString, sliceBytes } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { leadsAbove } from '../../base/leads-above.ts';
import type { TarMember } from '../tar/tar-member.ts';
import { baseName, childPath, cleanPath, parentPath } from '../tree/tree-path.ts';
import { LayerDraft } from './layer-draft.ts';
import { type LayerNotes, noNotes } from './layer-notes.ts';
import { describeMember, inodeOfMember } from './member-inode.ts';

export interface LayerOptions {
  /**
   * Character devices 0:0 are whiteouts to overlayfs: `refuse` a layer that has one, or take it for the `whiteout` that
   * it would be.
   */
  readonly zeroDevices: 'refuse' | 'whiteout';
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
    if (path.includes(whiteoutPrefix) && this.#takeMarker(path, member)) return;
    if (path === '' && member.kind !== 'directory') this.#refuse('its path is the root, and it is no folder');
    this.#place(path, member);
  }

  #place(path: ByteString, member: TarMember): void {
    switch (member.kind) {
      case 'directory':
        this.draft.putFolder(path, inodeOfMember(member, 'directory', this.notes));
        return;
      case 'hard-link':
        this.#link(path, member);
        return;
      case 'character':
        if (member.deviceMajor === 0 && member.deviceMinor === 0) this.#placeZeroDevice(path);
        else this.draft.putOther(path, inodeOfMember(member, 'character', this.notes));
        return;
      case 'symlink':
      case 'file':
      case 'block':
      case 'fifo':
        this.draft.putOther(path, inodeOfMember(member, member.kind, this.notes));
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
    const inode = inodeOfMember(member, 'file', this.notes);
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
      this.#aufsInodes.set(path, this.draft.inodes.add(inodeOfMember(member, 'file', this.notes)));
    }
  }

  #described(): string {
    return this.#member === undefined ? 'the tar' : describeMember(this.#member);
  }

  #refuse(reason: string): never {
    throw new FirekilnError('TAR_INVALID', `${this.#described()}: ${reason}`);
  }
}
