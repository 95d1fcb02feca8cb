import { crc32 } from 'node:zlib';
import { type ByteString, emptyByteString, sliceBytes } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import { impliedFolder } from '../tree/implied-folder.ts';
import { BlockWriter } from './block-writer.ts';
import { ByteWriter } from './byte-writer.ts';
import { type DraftNode, nodeKind } from './draft-node.ts';
import { encodeFooter, encodeHeader } from './index-footer.ts';
import { entryTag, headerBytes, type IndexSummary, opaqueFlag } from './index-format.ts';
import { encodeInode, type RawInode } from './inode-record.ts';
import type { LayerDraft } from './layer-draft.ts';

/** What becomes of a folder that a whiteout of the same layer removed and that something is put into again. */
const renewedFolder: RawInode = { ...impliedFolder, data: [] };

export interface EncodedIndex {
  readonly summary: IndexSummary;
  /** The file from its first byte to its last. */
  readonly chunks: IterableIterator<Uint8Array>;
}

/** The index of a finished draft: same entries, same bytes. */
export function encodeLayerIndex(
  draft: LayerDraft,
  tar: { readonly blobSize: number; readonly diffId: Digest },
): EncodedIndex {
  const plan = planIndex(draft);
  const summary: IndexSummary = { ...tar, ...plan.counts };
  return { summary, chunks: encode(draft, plan, summary) };
}

interface Plan {
  readonly counts: Omit<IndexSummary, 'blobSize' | 'diffId'>;
  /** Per inode id, how many names it has. */
  readonly links: Uint32Array;
  /** Ids of inodes with several names, in the order of their numbers. */
  readonly shared: readonly number[];
}

function planIndex(draft: LayerDraft): Plan {
  const links = new Uint32Array(draft.inodes.count);
  const shared: number[] = [];
  let entryCount = 0;
  let inodeCount = 0;
  let dataSize = 0;
  for (const { node } of draft.walk()) {
    const tag = tagOf(node);
    if (tag === undefined) continue;
    entryCount++;
    if (tag !== entryTag.inode) continue;
    if (node.inode < 0) {
      inodeCount++;
      continue;
    }
    const count = (links[node.inode] ?? 0) + 1;
    links[node.inode] = count;
    if (count === 1) {
      inodeCount++;
      if (node.kind === nodeKind.other) dataSize += draft.inodes.sizeOf(node.inode);
    } else if (count === 2) shared.push(node.inode);
  }
  return { counts: { entryCount, inodeCount, sharedCount: shared.length, dataSize }, links, shared };
}

/** How the path appears in the index, links aside; undefined if it is only implied. */
function tagOf(node: DraftNode): number | undefined {
  if (node.kind === nodeKind.externalLink) return entryTag.externalLink;
  if (node.kind !== nodeKind.none) return entryTag.inode;
  if (node.whiteout) return node.children === undefined && !node.opaque ? entryTag.whiteout : entryTag.inode;
  return node.opaque ? entryTag.opaqueFolder : undefined;
}

function* encode(draft: LayerDraft, plan: Plan, summary: IndexSummary): IterableIterator<Uint8Array> {
  yield encodeHeader();
  const inodes = new BlockWriter();
  const numbers = new Map<number, number>();
  for (const id of plan.shared) {
    if (inodes.open.length === 0) inodes.begin(numbers.size, undefined);
    numbers.set(id, numbers.size);
    const record = draft.inodes.record(id);
    inodes.open.varint(plan.links[id] ?? 0);
    inodes.open.varint(record.length);
    inodes.open.bytes(record);
    if (inodes.isFull) yield* closed(inodes);
  }
  yield* closed(inodes);
  const entriesStart = headerBytes + inodes.bytes;

  const entries = yield* encodeEntries(draft, plan, numbers);
  const tableStart = entriesStart + entries.bytes;

  const table = new ByteWriter(inodes.table.length + entries.table.length);
  table.bytes(inodes.table.view());
  table.bytes(entries.table.view());
  yield table.view();
  yield encodeFooter(summary, {
    entriesStart,
    tableStart,
    tableEnd: tableStart + table.length,
    sharedBlocks: inodes.blocks,
    entryBlocks: entries.blocks,
    tableCrc: crc32(table.view()),
  });
}

function* encodeEntries(
  draft: LayerDraft,
  plan: Plan,
  numbers: ReadonlyMap<number, number>,
): Generator<Uint8Array, BlockWriter> {
  const entries = new BlockWriter();
  const record = new ByteWriter();
  let nextNumber = plan.shared.length;
  let previous: ByteString | undefined;
  for (const { path, node } of draft.walk()) {
    const tag = tagOf(node);
    if (tag === undefined) continue;
    const starts = entries.open.length === 0;
    if (starts) entries.begin(nextNumber, separatorOf(previous, path));
    const kept = starts || previous === undefined ? 0 : commonLength(previous, path);
    previous = path;
    record.clear();
    const number = tag === entryTag.inode && node.inode >= 0 ? numbers.get(node.inode) : undefined;
    if (number !== undefined) {
      record.byte(entryTag.shared);
      record.varint(number);
    } else if (tag === entryTag.inode) {
      nextNumber++;
      const folder = node.kind === nodeKind.directory || node.kind === nodeKind.none;
      record.byte(entryTag.inode | (folder && (node.opaque || node.whiteout) ? opaqueFlag : 0));
      if (node.inode < 0) encodeInode(record, renewedFolder);
      else record.bytes(draft.inodes.record(node.inode));
    } else {
      record.byte(tag);
      if (tag === entryTag.externalLink) record.text(node.target ?? emptyByteString);
    }
    entries.open.varint(kept);
    entries.open.varint(path.length - kept);
    entries.open.text(path, kept);
    entries.open.varint(record.length);
    entries.open.bytes(record.view());
    if (entries.isFull) yield* closed(entries);
  }
  yield* closed(entries);
  return entries;
}

function* closed(writer: BlockWriter): Generator<Uint8Array> {
  const block = writer.close();
  if (block !== undefined) yield block;
}

function commonLength(a: ByteString, b: ByteString): number {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}

/** The shortest start of `path` that comes after `previous` in tree order; empty before the first path. */
function separatorOf(previous: ByteString | undefined, path: ByteString): ByteString {
  return previous === undefined ? emptyByteString : sliceBytes(path, 0, commonLength(previous, path) + 1);
}
