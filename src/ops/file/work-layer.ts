import { emptyByteString } from '../../base/byte-string.ts';
import { layerTar } from '../../formats/layer-index/write-layer-tar.ts';
import type { InodeMeta, LayerEntry, LayerInode } from '../../formats/tree/entry.ts';
import type { Change, PathChange, WorkInode, WorkTree } from './work-tree.ts';

export interface WorkLayerOptions {
  readonly signal: AbortSignal;
  /** In seconds. */
  readonly clampTime: number | undefined;
}

/** What differs from a work tree's base, as the tar of a layer; `changes` are all, or those that it is to tell of. */
export function workLayer(
  work: WorkTree,
  options: WorkLayerOptions,
  changes: readonly PathChange[] = [...work.changes()],
): AsyncGenerator<Uint8Array, void, undefined> {
  const inodes = new Map<WorkInode, LayerInode>();
  const contents = new Map<number, WorkInode>();
  const links = new Map<WorkInode, number>();
  for (const { change } of changes) {
    if (change.type === 'present') links.set(change.inode, (links.get(change.inode) ?? 0) + 1);
  }
  const inodeOf = (inode: WorkInode): LayerInode => {
    const known = inodes.get(inode);
    if (known !== undefined) return known;
    const number = inodes.size;
    const made: LayerInode = { ...inode.meta, number, links: links.get(inode) ?? 1, data: [] };
    inodes.set(inode, made);
    contents.set(number, inode);
    return made;
  };

  function* entries(): Generator<LayerEntry> {
    for (const { path, change } of changes) {
      if (path === '' && isSameRoot(change, work)) continue;
      if (change.type === 'removed') yield { path, what: { type: 'whiteout' } };
      else yield { path, what: { type: 'inode', inode: inodeOf(change.inode), opaque: change.opaque } };
    }
  }
  const read = ({ number }: LayerInode) => contents.get(number)?.content?.read(options.signal) ?? [];
  return layerTar(entries(), read, options);
}

/** No layer has to tell of a root that is what it was. */
function isSameRoot(change: Change, { base }: WorkTree): boolean {
  const now = change.type === 'present' ? change.inode.meta : undefined;
  const before: InodeMeta | undefined = base.lookup(emptyByteString)?.inode;
  if (now === undefined || before === undefined) return false;
  return (['mode', 'uid', 'gid', 'xattrs'] as const).every((key) => now[key] === before[key]);
}
