import { type ByteString, emptyByteString, textOf } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { TreeEntry, TreeInode } from './entry.ts';
import { type FolderFloors, floorsOf } from './folder-floors.ts';
import { InodeKeys } from './inode-keys.ts';
import { mergeWalk } from './merge-walk.ts';
import type { Outcome } from './outcome.ts';
import { resolvePath } from './resolve-path.ts';
import type { LayerContent, Tree } from './tree.ts';

/**
 * The tree that a chain of layers gives, the lowest first. Nothing is read but what is asked for: a walk merges the
 * indexes as it goes, with one block of each in memory. Throws LAYER_LINK_BROKEN where a hard link leads nowhere.
 */
export function mergeLayers(layers: readonly LayerContent[]): Tree {
  return new MergedTree(layers, new InodeKeys(layers));
}

export class MergedTree implements Tree {
  readonly layers: readonly LayerContent[];
  readonly keys: InodeKeys;
  readonly #floors: FolderFloors;
  readonly #prefixes = new Map<number, MergedTree>();

  constructor(layers: readonly LayerContent[], keys: InodeKeys) {
    this.layers = layers;
    this.keys = keys;
    this.#floors = floorsOf(layers.map(({ index }) => index));
  }

  lookup(path: ByteString): TreeEntry | undefined {
    const outcome = this.#floors.outcome(path);
    return outcome === undefined ? undefined : this.#entry(path, outcome);
  }

  *walk(folder: ByteString = emptyByteString): IterableIterator<TreeEntry> {
    const own = this.lookup(folder);
    if (own === undefined) return;
    yield own;
    if (own.inode.kind === 'directory') yield* this.#below(folder, false);
  }

  *children(folder: ByteString): IterableIterator<TreeEntry> {
    yield* this.#below(folder, true);
  }

  /** The tree of the chain's first `count` layers. */
  prefix(count: number): MergedTree {
    if (count === this.layers.length) return this;
    const known = this.#prefixes.get(count);
    if (known !== undefined) return known;
    const made = new MergedTree(this.layers.slice(0, count), this.keys);
    this.#prefixes.set(count, made);
    return made;
  }

  /** The inode that a layer's hard link to a path outside of it is a name of: what the layers below have there. */
  resolveLink(path: ByteString, layer: number, target: ByteString): TreeInode {
    const found = resolvePath(this.prefix(layer), target, { followLast: false });
    if (found.type === 'found' && found.entry.inode.kind !== 'directory') return found.entry.inode;
    throw new FirekilnError(
      'LAYER_LINK_BROKEN',
      `layer ${layer + 1} of ${this.layers.length}: /${textOf(path)} is a hard link to /${textOf(target)}, ` +
        `which is no file of the layers up to there`,
    );
  }

  *#below(folder: ByteString, shallow: boolean): IterableIterator<TreeEntry> {
    const outcome = this.#floors.outcome(folder);
    if (outcome?.type !== 'folder') return;
    const range = { layers: this.layers.map(({ index }) => index), from: 0, to: this.layers.length };
    const start = { folder, floor: outcome.floor, cut: false, shallow };
    for (const merged of mergeWalk(range, start)) {
      const entry = this.#entry(merged.path, merged.outcome);
      if (entry !== undefined) yield entry;
    }
  }

  #entry(path: ByteString, outcome: Outcome): TreeEntry | undefined {
    const { type, layer, inode, target } = outcome;
    if (type === 'nothing') return undefined;
    if (inode !== undefined) return { path, inode: this.keys.of(layer, inode) };
    if (target !== undefined) return { path, inode: this.resolveLink(path, layer, target) };
    return { path, inode: this.keys.impliedFolder(path) };
  }
}
