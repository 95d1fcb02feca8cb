import { type ByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { TarMember } from '../tar/tar-member.ts';
import type { FileKind } from '../tree/entry.ts';
import type { RawInode } from './inode-record.ts';
import { maxLinkTargetBytes } from './layer-limits.ts';
import type { LayerNotes } from './layer-notes.ts';
import { allowedXattrs } from './xattr-policy.ts';

/** What a member of a tar says of the inode that it is, or is a name of. Throws TAR_INVALID and LIMIT_EXCEEDED. */
export function inodeOfMember(member: TarMember, kind: FileKind, notes: LayerNotes): RawInode {
  const { mode, uid, gid, mtimeSec, mtimeNsec, linkTarget } = member;
  const xattrs = allowedXattrs(member.xattrs, notes, (what) => exceeds(member, 'an extended attribute', what));
  if (kind === 'symlink') checkTarget(member, linkTarget);
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

/** For messages. */
export function describeMember({ path, offset }: TarMember): string {
  return `tar entry ${JSON.stringify(textOf(path))} at byte ${offset}`;
}

function checkTarget(member: TarMember, target: ByteString | undefined): void {
  const length = target?.length ?? 0;
  if (length === 0) {
    throw new FirekilnError('TAR_INVALID', `${describeMember(member)}: it is a symbolic link to nothing`);
  }
  if (length > maxLinkTargetBytes) {
    exceeds(member, `a link target of ${length} bytes`, `maxLinkTargetBytes is ${maxLinkTargetBytes}`);
  }
}

function exceeds(member: TarMember, what: string, ceiling: string): never {
  throw new FirekilnError('LIMIT_EXCEEDED', `${describeMember(member)}: ${what}; ${ceiling}`);
}
