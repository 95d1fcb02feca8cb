import type { ByteString } from '../../base/byte-string.ts';
import type { LayerEntry, LayerInode } from './entry.ts';

/** What a layer has at a path: an entry, nothing itself but something below it, or nothing. */
export type Candidate = LayerEntry['what'] | 'implied' | undefined;

/** What a run of layers makes of one path. */
export interface Outcome {
  readonly type: 'nothing' | 'folder' | 'other' | 'external-link';
  /** Which layer `inode` or `target` is from. */
  readonly layer: number;
  readonly inode: LayerInode | undefined;
  /** Of a folder without an inode: its metadata is that of the folder below the run; otherwise it is default. */
  readonly inherits: boolean;
  /** Of an external link. */
  readonly target: ByteString | undefined;
  /** Nothing that lies below the run shows at the path, or within it. */
  readonly cut: boolean;
  /** Entries within the path of layers before this one do not count. */
  readonly floor: number;
}

const nothing: Outcome = {
  type: 'nothing',
  layer: 0,
  inode: undefined,
  inherits: false,
  target: undefined,
  cut: false,
  floor: Number.POSITIVE_INFINITY,
};

/**
 * Lays the candidates of layers `floor` to `end - 1` over one another, as overlayfs would after each had been unpacked:
 * the uppermost word counts, folders add up until something that is no folder, a whiteout or an opaque marker ends them.
 */
export function decide(candidate: (layer: number) => Candidate, floor: number, end: number): Outcome {
  let folder = false;
  let cut = false;
  let ended = false;
  let childFloor = floor;
  let metadata: { layer: number; inode: LayerInode } | undefined;
  for (let layer = end - 1; layer >= floor; layer--) {
    const what = candidate(layer);
    if (what === undefined) continue;
    if (what === 'implied') {
      folder = true;
      continue;
    }
    const isFolder = what.type === 'opaque-folder' || (what.type === 'inode' && what.inode.kind === 'directory');
    if (!isFolder) {
      if (!folder) return topmost(what, layer);
      if (!cut) childFloor = layer + 1;
      cut = true;
      ended = true;
      break;
    }
    folder = true;
    if (what.type === 'inode' && metadata === undefined) metadata = { layer, inode: what.inode };
    const opaque = what.type === 'opaque-folder' || (what.type === 'inode' && what.opaque);
    if (opaque && !cut) {
      childFloor = layer;
      cut = true;
    }
    // What an opaque marker hides may still give a folder its metadata.
    if (cut && metadata !== undefined) break;
  }
  if (!folder) return nothing;
  return {
    type: 'folder',
    layer: metadata?.layer ?? 0,
    inode: metadata?.inode,
    target: undefined,
    inherits: metadata === undefined && !ended,
    cut,
    floor: childFloor,
  };
}

/** What {@link decide} would say of a path that is a folder in the layers below, with a candidate of one layer more. */
export function decideAbove(what: Candidate, layer: number, below: Outcome): Outcome {
  if (what === undefined || what === 'implied') return below;
  if (what.type === 'opaque-folder') return { ...below, cut: true, floor: layer };
  if (what.type !== 'inode' || what.inode.kind !== 'directory') return topmost(what, layer);
  const folder: Outcome = { ...below, layer, inode: what.inode, inherits: false };
  return what.opaque ? { ...folder, cut: true, floor: layer } : folder;
}

/** Of something that is no folder, and that nothing lies over. */
function topmost(what: Exclude<LayerEntry['what'], { type: 'opaque-folder' }>, layer: number): Outcome {
  const external = what.type === 'external-link';
  return {
    type: what.type === 'inode' ? 'other' : external ? 'external-link' : 'nothing',
    layer,
    inode: what.type === 'inode' ? what.inode : undefined,
    target: external ? what.target : undefined,
    inherits: false,
    cut: true,
    floor: layer + 1,
  };
}
