import { type ByteString, emptyByteString, sliceBytes } from '../../base/byte-string.ts';
import { LayerCursor } from './layer-cursor.ts';
import { type Candidate, decide, type Outcome } from './outcome.ts';
import type { LayerIndex } from './tree.ts';
import { compareTreeOrder, isWithin } from './tree-order.ts';
import { afterSubtree } from './tree-path.ts';

export interface MergedPath {
  readonly path: ByteString;
  readonly outcome: Outcome;
  /** Something above the path, within the run, hides what lies below the run. */
  readonly parentCut: boolean;
}

export interface MergeRange {
  /** All of the chain; only layers `from` to `to - 1` take part. */
  readonly layers: readonly LayerIndex[];
  readonly from: number;
  readonly to: number;
}

/** A folder that the walk is in. */
interface Frame {
  readonly path: ByteString;
  readonly floor: number;
  readonly cut: boolean;
}

/**
 * What a run of layers makes of every path below `folder`, in tree order: a merge of the layers' entries that keeps
 * one block of each in memory. `shallow` leaves out what lies in folders of the folder.
 */
export function* mergeWalk(
  range: MergeRange,
  start: { readonly folder: ByteString; readonly floor: number; readonly cut: boolean; readonly shallow: boolean },
): IterableIterator<MergedPath> {
  const { folder, floor, cut, shallow } = start;
  const frames: Frame[] = [{ path: folder, floor, cut }];
  const cursors = openCursors(range, folder, floor);
  const entries = Array.from<Candidate>({ length: range.to });
  const candidate = (layer: number) => entries[layer];
  for (;;) {
    const first = cursors[0];
    const target = first?.current?.path;
    if (first === undefined || target === undefined || !isWithin(target, folder)) return;
    let frame = frames.at(-1);
    while (frame !== undefined && !isWithin(target, frame.path)) {
      frames.pop();
      frame = frames.at(-1);
    }
    if (frame === undefined) return;
    if (first.layer < frame.floor) {
      if (frame.path === '') cursors.shift();
      else skipSubtree(frame.path, cursors, frame.floor);
      continue;
    }
    const path = nextBelow(frame.path, target);
    const lowest = gather(path, cursors, entries, frame.floor);
    const outcome = decide(candidate, Math.min(lowest, range.to), range.to);
    leave(path, cursors);
    yield { path, outcome, parentCut: frame.cut };
    if (shallow) skipSubtree(path, cursors, range.to);
    else if (isBelow(cursors, path)) {
      frames.push({ path, floor: outcome.floor, cut: frame.cut || outcome.cut });
    }
  }
}

function openCursors(range: MergeRange, folder: ByteString, floor: number): LayerCursor[] {
  const cursors: LayerCursor[] = [];
  for (let layer = Math.max(floor, range.from); layer < range.to; layer++) {
    const index = range.layers[layer];
    if (index === undefined) continue;
    const cursor = new LayerCursor(layer, index, folder);
    if (cursor.current?.path === folder) cursor.advance();
    if (cursor.current !== undefined) cursors.push(cursor);
  }
  return cursors.sort(compareCursors);
}

/** The path of the component of `target` right below `folder`. */
function nextBelow(folder: ByteString, target: ByteString): ByteString {
  const slash = target.indexOf('/', folder.length === 0 ? 0 : folder.length + 1);
  return slash === -1 ? target : sliceBytes(target, 0, slash);
}

/** What each layer from `floor` on has at a path that the first cursor is at or within. Returns the lowest of them. */
function gather(path: ByteString, cursors: readonly LayerCursor[], entries: Candidate[], floor: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  entries.fill(undefined);
  for (const { current, layer } of cursors) {
    if (current === undefined || !isWithin(current.path, path)) break;
    if (layer < floor) continue;
    entries[layer] = current.path.length === path.length ? current.what : 'implied';
    lowest = Math.min(lowest, layer);
  }
  return lowest;
}

/** Moves the cursors that are at a path on. They are the first ones. */
function leave(path: ByteString, cursors: LayerCursor[]): void {
  for (;;) {
    const first = cursors[0];
    if (first?.current?.path.length !== path.length || first.current.path !== path) return;
    first.advance();
    settle(cursors);
  }
}

/** Moves the first cursors, as long as they are of layers before `floor`, behind everything within a path. */
function skipSubtree(path: ByteString, cursors: LayerCursor[], floor: number): void {
  const after = afterSubtree(path);
  for (;;) {
    const first = cursors[0];
    if (first === undefined || first.layer >= floor || !isBelow(cursors, path)) return;
    first.skipTo(after);
    settle(cursors);
  }
}

function isBelow(cursors: readonly LayerCursor[], path: ByteString): boolean {
  const next = cursors[0]?.current?.path;
  return next !== undefined && next.length > path.length && isWithin(next, path);
}

/** Puts the first cursor, which has moved, into its place. */
function settle(cursors: LayerCursor[]): void {
  // Nearly all chains are walked layer by layer.
  if (cursors.length === 1 && cursors[0]?.current !== undefined) return;
  const first = cursors.shift();
  if (first?.current !== undefined) insert(cursors, first);
}

function insert(cursors: LayerCursor[], cursor: LayerCursor): void {
  let at = 0;
  for (let other = cursors[at]; other !== undefined && compareCursors(other, cursor) < 0; other = cursors[at]) at++;
  cursors.splice(at, 0, cursor);
}

function compareCursors(a: LayerCursor, b: LayerCursor): number {
  return compareTreeOrder(a.current?.path ?? emptyByteString, b.current?.path ?? emptyByteString) || b.layer - a.layer;
}
