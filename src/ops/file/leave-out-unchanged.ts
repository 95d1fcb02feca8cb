import type { ByteString } from '../../base/byte-string.ts';
import type { InodeMeta } from '../../formats/tree/entry.ts';
import { fileChunks } from '../../formats/tree/file-data.ts';
import { haveSameAttributes } from '../../formats/tree/same-attributes.ts';
import type { Tree } from '../../formats/tree/tree.ts';
import { parentOf } from './paths.ts';
import { haveSameBytes } from './same-bytes.ts';
import type { PathChange, WorkInode } from './work-tree.ts';

/**
 * Without what says nothing that the base does not say, such as a file that is copied once more: the rule of BuildKit
 * (util/overlay, sameDirent), but with all extended attributes instead of `security.capability` alone, and with the
 * content always compared. A folder's time does not count. Folders stay that lead to what stays.
 */
export async function leaveOutUnchanged(
  changes: readonly PathChange[],
  base: Tree,
  signal: AbortSignal,
): Promise<readonly PathChange[]> {
  const kept: PathChange[] = [];
  const leading = new Set<ByteString>();
  for (const one of changes.toReversed()) {
    const { path, change } = one;
    const isSaid = change.type === 'present' && !change.opaque && (await saysTheSame(change.inode, path, base, signal));
    if (isSaid && !leading.has(path)) continue;
    kept.push(one);
    leading.add(parentOf(path));
  }
  return kept.reverse();
}

async function saysTheSame(inode: WorkInode, path: ByteString, base: Tree, signal: AbortSignal): Promise<boolean> {
  const { meta } = inode;
  const old = base.lookup(path)?.inode;
  if (old === undefined || !hasSameMeta(meta, old)) return false;
  if (meta.kind === 'directory') return true;
  if (!mayHaveSameTime(meta, old)) return false;
  if (meta.kind !== 'file' || meta.size === 0) return true;
  return inode.content !== undefined && (await haveSameBytes(inode.content.read(signal), fileChunks(base, old)));
}

const compared = ['kind', 'mode', 'uid', 'gid', 'size', 'linkTarget', 'deviceMajor', 'deviceMinor'] as const;

function hasSameMeta(a: InodeMeta, b: InodeMeta): boolean {
  return compared.every((name) => a[name] === b[name]) && haveSameAttributes(a.xattrs, b.xattrs);
}

/** A time without nanoseconds may have been cut by an archive. */
function mayHaveSameTime(a: InodeMeta, b: InodeMeta): boolean {
  return a.mtimeSec === b.mtimeSec && (a.mtimeNsec === b.mtimeNsec || a.mtimeNsec === 0 || b.mtimeNsec === 0);
}
