import type { TreeEntry } from '../../formats/tree/entry.ts';
import type { Tree } from '../../formats/tree/tree.ts';

/** The tree with no time later than `epoch`, in seconds; as it is where that is undefined. */
export function clampedTree(tree: Tree, epoch: number | undefined): Pick<Tree, 'layers' | 'walk'> {
  if (epoch === undefined) return tree;
  return {
    layers: tree.layers,
    *walk(folder) {
      for (const entry of tree.walk(folder)) yield clamped(entry, epoch);
    },
  };
}

function clamped(entry: TreeEntry, epoch: number): TreeEntry {
  const { path, inode } = entry;
  if (inode.mtimeSec < epoch || (inode.mtimeSec === epoch && inode.mtimeNsec === 0)) return entry;
  return { path, inode: { ...inode, mtimeSec: epoch, mtimeNsec: 0 } };
}
