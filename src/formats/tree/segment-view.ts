import { type ByteString, emptyByteString } from '../../base/byte-string.ts';
import type { TreeInode } from './entry.ts';
import { InodeKeys } from './inode-keys.ts';
import { type MergedPath, mergeWalk } from './merge-walk.ts';
import { MergedTree } from './merged-tree.ts';
import { decide, type Outcome } from './outcome.ts';
import type { LayerContent, LayerIndex } from './tree.ts';

/** One path of a segment, in tree order. */
export type SegmentEntry =
  | {
      readonly type: 'inode';
      readonly path: ByteString;
      readonly inode: TreeInode;
      /** Of a folder: nothing of the segments below shows in it (`trusted.overlay.opaque`). */
      readonly opaque: boolean;
    }
  /** The segments below have the path and it is to be hidden: a character device 0:0 for overlayfs. */
  | { readonly type: 'whiteout'; readonly path: ByteString };

/**
 * Something that a segment takes from the chain below it, so that other layers below would give another segment. Part
 * of its key; see {@link segmentFacts}.
 */
export type ResolvedFact =
  /** A folder that the run's layers only imply: the metadata it has below, or undefined if it is not there. */
  | { readonly type: 'folder'; readonly path: ByteString; readonly below: TreeInode | undefined }
  /** A hard link to a file below: the segment holds a copy of it. */
  | { readonly type: 'link'; readonly path: ByteString; readonly below: TreeInode }
  /** A whiteout: kept only if something is there to be hidden. */
  | { readonly type: 'whiteout'; readonly path: ByteString; readonly hides: boolean };

export interface SegmentView {
  /** The chain's layers 0 to `to - 1`: what `layer` of an inode means. */
  readonly layers: readonly LayerContent[];
  /** At most how many entries there are, implied folders not counted. */
  readonly entryCount: number;
  /**
   * The run's layers merged. The root folder comes first, always; every other folder before what is in it. Whiteouts
   * lie only in folders that overlayfs merges, as it needs them to.
   */
  entries(): IterableIterator<SegmentEntry>;
  /** In tree order. Walks the run. Empty if the run starts at the bottom of the chain. */
  resolved(): readonly ResolvedFact[];
}

/**
 * Layers `from` to `to - 1` of a chain as one read-only layer of an overlayfs whose lower layers hold the rest below:
 * merged among themselves, with whiteouts and opaque markers for what they hide of it. What the run leaves open (the
 * metadata of implied folders, hard links) is looked up in layers 0 to `from - 1`. A hard link to a file below becomes a
 * copy of it: links within the run stay links, identity with the name below is lost.
 * Throws LAYER_LINK_BROKEN while reading.
 */
export function segmentView(chain: readonly LayerContent[], from: number, to: number): SegmentView {
  if (!(from >= 0 && from < to && to <= chain.length)) throw new RangeError(`no run ${from}..${to} of ${chain.length}`);
  const layers = chain.slice(0, to);
  const tree = new MergedTree(layers, new InodeKeys(layers));
  const entries = function* () {
    for (const [entry] of walkRun(tree, from)) if (entry !== undefined) yield entry;
  };
  const resolved = () => {
    if (from === 0) return [];
    return [...walkRun(tree, from)].map(([, fact]) => fact).filter((fact) => fact !== undefined);
  };
  const entryCount = layers.slice(from).reduce((sum, { index }) => sum + index.entryCount, 0);
  return { layers, entryCount, entries, resolved };
}

type Step = readonly [entry: SegmentEntry | undefined, fact: ResolvedFact | undefined];

function* walkRun(tree: MergedTree, from: number): IterableIterator<Step> {
  const layers = tree.layers.map(({ index }) => index);
  const to = layers.length;
  const below = tree.prefix(from);
  const root = rootOutcome(layers, from);
  yield segmentStep({ path: emptyByteString, outcome: root, parentCut: from === 0 }, tree, below, from);
  const start = { folder: emptyByteString, floor: root.floor, cut: root.cut || from === 0, shallow: false };
  for (const merged of mergeWalk({ layers, from, to }, start)) {
    yield segmentStep(merged, tree, below, from);
  }
}

function rootOutcome(layers: readonly LayerIndex[], from: number): Outcome {
  const outcome = decide((layer) => layers[layer]?.lookup(emptyByteString)?.what, from, layers.length);
  if (outcome.type === 'folder') return outcome;
  return { ...outcome, type: 'folder', inherits: true, cut: false, floor: from };
}

function segmentStep(merged: MergedPath, tree: MergedTree, below: MergedTree, from: number): Step {
  const { path, outcome, parentCut } = merged;
  switch (outcome.type) {
    case 'nothing': {
      if (parentCut) return [undefined, undefined];
      const hides = below.lookup(path) !== undefined;
      return [hides ? { type: 'whiteout', path } : undefined, { type: 'whiteout', path, hides }];
    }
    case 'external-link': {
      const inode = tree.resolveLink(path, outcome.layer, outcome.target ?? emptyByteString);
      const fact: ResolvedFact | undefined = inode.layer < from ? { type: 'link', path, below: inode } : undefined;
      return [{ type: 'inode', path, inode, opaque: false }, fact];
    }
    case 'other':
    case 'folder': {
      const opaque = outcome.type === 'folder' && outcome.cut && !parentCut;
      if (outcome.inode !== undefined) {
        return [{ type: 'inode', path, inode: tree.keys.of(outcome.layer, outcome.inode), opaque }, undefined];
      }
      return impliedFolder(merged, tree, below, opaque);
    }
  }
}

function impliedFolder(merged: MergedPath, tree: MergedTree, below: MergedTree, opaque: boolean): Step {
  const { path, outcome, parentCut } = merged;
  const made = tree.keys.impliedFolder(path);
  if (parentCut || !outcome.inherits) return [{ type: 'inode', path, inode: made, opaque }, undefined];
  const found = below.lookup(path)?.inode;
  const folder = found?.kind === 'directory' ? found : undefined;
  return [
    { type: 'inode', path, inode: folder ?? made, opaque },
    { type: 'folder', path, below: folder },
  ];
}
