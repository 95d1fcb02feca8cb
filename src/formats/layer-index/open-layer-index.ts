import { crc32 } from 'node:zlib';
import { type ByteString, bytesOf } from '../../base/byte-string.ts';
import type { Digest } from '../../base/digest.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { RandomAccess } from '../io/random-access.ts';
import type { LayerEntry, LayerInode } from '../tree/entry.ts';
import type { Candidate } from '../tree/outcome.ts';
import type { LayerIndex } from '../tree/tree.ts';
import { compareTreeOrder } from '../tree/tree-order.ts';
import { ByteReader } from './byte-reader.ts';
import { EntryCursor } from './entry-cursor.ts';
import { IndexBlocks } from './index-blocks.ts';
import { decodeFooter, encodeHeader } from './index-footer.ts';
import {
  entryTag,
  entryTagMask,
  footerBytes,
  headerBytes,
  type IndexLayout,
  type IndexSummary,
  indexMagic,
  indexVersion,
  opaqueFlag,
} from './index-format.ts';
import { decodeInode } from './inode-record.ts';
import { maxPathBytes } from './layer-limits.ts';

/** Of one look, which nothing can interrupt: a chain of hundreds of layers is looked through for each path. */
const pathOfLook = Buffer.allocUnsafeSlow(maxPathBytes);

export interface ExpectedLayer {
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

/**
 * Opens an index file. Only its table is kept in memory, less than a byte per entry. Throws LAYER_INDEX_DAMAGED or
 * LAYER_INDEX_VERSION, here or when the damaged part is read; also if the index belongs to another layer than expected.
 */
export function openLayerIndex(source: RandomAccess, expected: ExpectedLayer): LayerIndex {
  return new LayerIndexFile(source, expected);
}

class LayerIndexFile implements LayerIndex {
  readonly #summary: IndexSummary;
  readonly #shared: IndexBlocks;
  readonly #entries: IndexBlocks;
  readonly #fail: (reason: string) => never;

  constructor(source: RandomAccess, { diffId, size }: ExpectedLayer) {
    const fail = (reason: string): never => {
      throw new FirekilnError('LAYER_INDEX_DAMAGED', `the index of layer ${diffId}: ${reason}`);
    };
    this.#fail = fail;
    checkHeader(source, diffId, fail);
    const footer = readPart(source, source.size - footerBytes, footerBytes, fail);
    const summary: IndexSummary & IndexLayout = decodeFooter(footer, source.size, fail);
    this.#summary = summary;
    if (summary.diffId !== diffId || summary.blobSize !== size) {
      fail(`it was made for layer ${summary.diffId} of ${summary.blobSize} bytes`);
    }
    const { tableStart, tableEnd, entriesStart } = summary;
    const bytes = readPart(source, tableStart, tableEnd - tableStart, fail);
    if (crc32(bytes) !== summary.tableCrc) fail('the checksum of its table is wrong');
    const table = new ByteReader(bytes, fail);
    this.#shared = new IndexBlocks(source, table, {
      start: headerBytes,
      end: entriesStart,
      count: summary.sharedBlocks,
      hasSeparators: false,
    });
    this.#entries = new IndexBlocks(source, table, {
      start: entriesStart,
      end: tableStart,
      count: summary.entryBlocks,
      hasSeparators: true,
    });
    if (!table.done) fail('its table is longer than what it tells of');
  }

  get entryCount(): number {
    return this.#summary.entryCount;
  }

  get inodeCount(): number {
    return this.#summary.inodeCount;
  }

  get dataSize(): number {
    return this.#summary.dataSize;
  }

  lookup(path: ByteString): LayerEntry | undefined {
    const what = this.candidate(path);
    return what === undefined || what === 'implied' ? undefined : { path, what };
  }

  candidate(path: ByteString): Candidate {
    const wanted = bytesOf(path);
    for (let block = Math.max(0, this.#entries.blockOfPath(path)); block < this.#entries.count; block++) {
      const cursor = this.#cursor(block, pathOfLook);
      let shared = 0;
      while (cursor.next()) {
        // It differs from the path where the entry before does, which came before the path.
        if (cursor.kept > shared) continue;
        shared = cursor.sharedWith(wanted, cursor.kept);
        const order = cursor.compareTo(wanted, shared);
        if (order === 0) return this.#decode(cursor).what;
        if (order > 0) return cursor.liesIn(wanted) ? 'implied' : undefined;
      }
    }
    return undefined;
  }

  *entries(from?: ByteString): IterableIterator<LayerEntry> {
    let block = from === undefined ? 0 : Math.max(0, this.#entries.blockOfPath(from));
    let wanted = from === undefined || from === '' ? undefined : bytesOf(from);
    const fromStart = wanted === undefined;
    let count = 0;
    for (; block < this.#entries.count; block++) {
      const cursor = this.#cursor(block);
      const limit = this.#entries.separator(block + 1);
      let first = true;
      let last: LayerEntry | undefined;
      while (cursor.next()) {
        if (first) this.#checkFirst(cursor.pathText, block);
        first = false;
        if (wanted !== undefined && cursor.compareTo(wanted) < 0) continue;
        wanted = undefined;
        last = this.#decode(cursor);
        count++;
        yield last;
      }
      if (limit !== undefined && last !== undefined && compareTreeOrder(last.path, limit) >= 0) {
        this.#fail('its blocks overlap');
      }
    }
    if (fromStart && count !== this.entryCount) this.#fail(`it has ${count} entries and counts ${this.entryCount}`);
  }

  #cursor(block: number, path?: Buffer): EntryCursor {
    return new EntryCursor(this.#entries.read(block), this.#entries.firstNumber(block), this.#fail, path);
  }

  #checkFirst(path: ByteString, block: number): void {
    const separator = this.#entries.separator(block);
    if (separator !== undefined && compareTreeOrder(path, separator) < 0) this.#fail('its blocks overlap');
  }

  #decode(cursor: EntryCursor): LayerEntry {
    const { record, pathText: path } = cursor;
    const first = record.byte();
    const opaque = (first & opaqueFlag) !== 0;
    let entry: LayerEntry;
    switch (first & entryTagMask) {
      case entryTag.inode: {
        const { number } = cursor;
        if (number >= this.inodeCount) this.#fail('it has more inodes than it counts');
        const inode = { ...decodeInode(record, this.#summary.blobSize), number, links: 1 };
        entry = { path, what: { type: 'inode', inode, opaque } };
        break;
      }
      case entryTag.shared:
        entry = { path, what: { type: 'inode', inode: this.#sharedInode(record.varint()), opaque: false } };
        break;
      case entryTag.whiteout:
        entry = { path, what: { type: 'whiteout' } };
        break;
      case entryTag.externalLink:
        entry = { path, what: { type: 'external-link', target: record.text(record.end - record.position) } };
        break;
      case entryTag.opaqueFolder:
        entry = { path, what: { type: 'opaque-folder' } };
        break;
      default:
        return this.#fail(`no entry starts with the byte ${first}`);
    }
    if (!record.done) this.#fail('an entry is longer than what it says');
    return entry;
  }

  #sharedInode(number: number): LayerInode {
    if (number >= this.#summary.sharedCount) this.#fail('it names a shared inode that it does not have');
    const block = this.#shared.blockOfNumber(number);
    if (block < 0) this.#fail('it has no shared inodes');
    const record = new ByteReader(this.#shared.read(block), this.#fail);
    for (let at = this.#shared.firstNumber(block); !record.done; at++) {
      const links = record.varint();
      const length = record.varint();
      record.need(length);
      const end = record.position + length;
      if (at === number) {
        const inner = new ByteReader(record.bytes, this.#fail, record.position, end);
        const inode = { ...decodeInode(inner, this.#summary.blobSize), number, links };
        if (!inner.done || inode.kind === 'directory') this.#fail('a shared inode is not what it should be');
        return inode;
      }
      record.position = end;
    }
    return this.#fail('a shared inode is missing');
  }
}

function checkHeader(source: RandomAccess, diffId: Digest, fail: (reason: string) => never): void {
  if (source.size < headerBytes + footerBytes) fail(`it has only ${source.size} bytes`);
  const header = readPart(source, 0, headerBytes, fail);
  if (header.toString('latin1', 0, 8) !== indexMagic) fail('it does not start like one');
  const version = header.readUInt32LE(8);
  if (version !== indexVersion) {
    throw new FirekilnError(
      'LAYER_INDEX_VERSION',
      `the index of layer ${diffId} has format ${version}; this version of Firekiln reads format ${indexVersion}`,
    );
  }
  if (!header.equals(encodeHeader())) fail('it does not start like one');
}

/** All of `length` bytes at `start`. */
function readPart(source: RandomAccess, start: number, length: number, fail: (reason: string) => never): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (source.read(bytes, start) !== length) fail(`${length} bytes at byte ${start} can't be read`);
  return bytes;
}
