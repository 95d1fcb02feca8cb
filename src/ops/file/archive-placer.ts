import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../../formats/io/random-access.ts';
import { noNotes } from '../../formats/layer-index/layer-notes.ts';
import { describeMember, inodeOfMember } from '../../formats/layer-index/member-inode.ts';
import type { TarMember } from '../../formats/tar/tar-member.ts';
import type { FileKind, InodeMeta } from '../../formats/tree/entry.ts';
import { fileChunks } from '../../formats/tree/file-data.ts';
import { ArchiveLinks } from './archive-links.ts';
import { ArchivePaths } from './archive-paths.ts';
import type { Timestamp } from './folders.ts';
import type { Owner } from './owner.ts';
import { parentOf } from './paths.ts';
import type { WorkInode, WorkTree } from './work-tree.ts';

export interface ArchiveTarget {
  readonly to: WorkTree;
  readonly destination: ByteString;
  readonly owner: Owner | undefined;
  readonly time: Timestamp;
  /** Of the archive, for messages. */
  readonly name: ByteString;
}

/** The last second that moby gives a file; it takes what is later, and what is before 1970, for the epoch. */
const lastSecond = 9_223_372_036;

/**
 * Puts the members of an archive below a folder, each as it comes, as moby's archive.Unpack does in a chroot of that
 * folder: symlinks on the way are followed within it, folders merge, everything else replaces what was there, the
 * archive's own root entry, `.`, changes nothing. Throws TAR_INVALID, LIMIT_EXCEEDED, SYMLINK_LOOP and NOT_A_FOLDER.
 */
export class ArchivePlacer {
  readonly #target: ArchiveTarget;
  readonly #data: () => RandomAccess;
  readonly #paths: ArchivePaths;
  readonly #links = new ArchiveLinks();
  readonly #notes = noNotes();

  /** `data`: the tar, asked for when what has been placed is read. */
  constructor(target: ArchiveTarget, data: () => RandomAccess) {
    this.#target = target;
    this.#data = data;
    this.#paths = new ArchivePaths(target);
  }

  add(member: TarMember): void {
    const path = this.#paths.ofMember(member);
    if (path === undefined) return;
    this.#links.forget(path);
    switch (member.kind) {
      case 'hard-link':
        this.#addLink(path, member);
        return;
      case 'unknown':
        throw refusal(
          member,
          `its type ${JSON.stringify(String.fromCharCode(member.typeFlag))} is none of a file system`,
        );
      case 'character':
        if (member.deviceMajor === 0 && member.deviceMinor === 0) {
          throw refusal(member, 'it is a character device 0:0, which hides files instead of being one');
        }
        break;
      default:
        break;
    }
    this.#put(path, this.#inode(member, member.kind));
  }

  /** To be called after the last member: a hard link may come before its file. */
  finish(): void {
    const [left] = this.#links.left();
    if (left === undefined) return;
    throw new FirekilnError(
      'TAR_INVALID',
      `archive /${textOf(this.#target.name)}: /${textOf(left.path)} is a hard link to /${textOf(left.target)}, which is not there`,
    );
  }

  #inode(member: TarMember, kind: FileKind): WorkInode {
    const { data, ...meta } = inodeOfMember(member, kind, this.#notes);
    const { mtimeSec, mtimeNsec } = timeOf(member);
    const made = { ...meta, mtimeSec, mtimeNsec, ...this.#target.owner };
    if (kind !== 'file') return { meta: made };
    const place = { ...meta, data, key: 0, layer: 0 };
    return { meta: made, content: { read: () => fileChunks({ layers: [{ data: this.#data() }] }, place) } };
  }

  #put(path: ByteString, inode: WorkInode): void {
    const { to } = this.#target;
    const open = [{ path, inode }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const old = to.lookup(next.path);
      if (old?.kind === 'directory' && next.inode.meta.kind === 'directory') {
        to.put(next.path, { meta: { ...next.inode.meta, ...bothXattrs(old, next.inode.meta) } });
        continue;
      }
      if (old !== undefined) this.#paths.changed();
      to.put(next.path, next.inode);
      if (next.inode.meta.kind === 'directory') continue;
      for (const waiting of this.#links.takeThose(next.path)) {
        if (to.lookup(parentOf(waiting))?.kind === 'directory') open.push({ path: waiting, inode });
      }
    }
  }

  /** With a header of its own: what that says holds for all names of the file. */
  #addLink(path: ByteString, member: TarMember): void {
    const { to, owner } = this.#target;
    const target = this.#paths.ofLink(member.linkTarget ?? emptyByteString);
    const linked = to.inode(target);
    if (linked === undefined) {
      if (target === path) throw refusal(member, 'it is a hard link to itself');
      to.remove(path);
      this.#paths.changed();
      this.#links.wait(path, target);
      return;
    }
    if (linked.meta.kind === 'directory') {
      throw refusal(member, `it is a hard link to ${target === '' ? 'the root' : `the folder /${textOf(target)}`}`);
    }
    const { mode, uid, gid, xattrs } = inodeOfMember(member, 'file', this.#notes);
    linked.meta = {
      ...linked.meta,
      // Of a symlink it is the owner alone.
      ...(linked.meta.kind === 'symlink' ? {} : { mode, ...timeOf(member) }),
      ...(owner ?? { uid, gid }),
      ...bothXattrs(linked.meta, { xattrs }),
    };
    // Both names are in the layer, so that they stay one file.
    to.put(target, linked);
    if (target !== path) this.#put(path, linked);
  }
}

function timeOf({ mtimeSec, mtimeNsec }: TarMember): Pick<InodeMeta, 'mtimeSec' | 'mtimeNsec'> {
  return mtimeSec < 0 || mtimeSec > lastSecond ? { mtimeSec: 0, mtimeNsec: 0 } : { mtimeSec, mtimeNsec };
}

function bothXattrs(old: Pick<InodeMeta, 'xattrs'>, more: { readonly xattrs?: InodeMeta['xattrs'] | undefined }) {
  if (old.xattrs === undefined && more.xattrs === undefined) return {};
  return { xattrs: new Map([...(old.xattrs ?? []), ...(more.xattrs ?? [])]) };
}

function refusal(member: TarMember, reason: string): FirekilnError {
  return new FirekilnError('TAR_INVALID', `${describeMember(member)}: ${reason}`);
}
