import type { ByteString } from '../../base/byte-string.ts';
import { ByteReader } from './byte-reader.ts';
import { entryTag, entryTagMask } from './index-format.ts';
import { maxPathBytes } from './layer-limits.ts';

const slash = 0x2f;
const dot = 0x2e;

/** Walks the entries of one block, paths as bytes; an entry is decoded only if it is wanted. */
export class EntryCursor {
  /** Of the entry at hand, its record. */
  readonly record: ByteReader;
  readonly path: Buffer;
  pathLength = 0;
  /** Bytes that the path begins with, and the path of the entry before too. */
  kept = 0;
  /** If it is an inode with one name. */
  number: number;
  #next = 0;
  #started = false;
  readonly #block: Buffer;
  readonly #fail: (reason: string) => never;

  /** @param path Room for the longest path; the cursor's own as long as it is used. */
  constructor(
    block: Buffer,
    firstNumber: number,
    fail: (reason: string) => never,
    path: Buffer = Buffer.allocUnsafe(maxPathBytes),
  ) {
    this.#block = block;
    this.path = path;
    this.#fail = fail;
    this.number = firstNumber - 1;
    this.record = new ByteReader(block, fail);
  }

  /** Goes to the next entry; false at the end of the block. */
  next(): boolean {
    if (this.#next >= this.#block.length) return false;
    const { record } = this;
    record.seek(this.#next, this.#block.length);
    const kept = record.varint();
    const added = record.varint();
    this.#takePath(kept, added);
    this.kept = kept;
    const length = record.varint();
    if (length === 0) this.#fail('an entry has no record');
    const start = record.position;
    record.need(length);
    this.#next = start + length;
    record.seek(start, this.#next);
    if (((this.#block[start] ?? 0) & entryTagMask) === entryTag.inode) this.number++;
    return true;
  }

  get pathText(): ByteString {
    return this.path.toString('latin1', 0, this.pathLength) as ByteString;
  }

  /** How many bytes a path begins with as the entry's does, of which the first `from` are known to be the same. */
  sharedWith(other: Buffer, from: number): number {
    const shorter = Math.min(this.pathLength, other.length);
    let at = from;
    while (at < shorter && this.path[at] === other[at]) at++;
    return at;
  }

  /**
   * Negative, zero or positive as the entry comes before, is at, or comes after a path in tree order.
   * @param shared {@link sharedWith} of both.
   */
  compareTo(other: Buffer, shared = this.sharedWith(other, 0)): number {
    if (shared === this.pathLength || shared === other.length) return this.pathLength - other.length;
    const x = this.path[shared] as number;
    const y = other[shared] as number;
    return x === slash ? -1 : y === slash ? 1 : x - y;
  }

  /** Whether the entry, which comes after a path, lies in it. */
  liesIn(folder: Buffer): boolean {
    const { length } = folder;
    if (length === 0) return true;
    if (this.pathLength <= length || this.path[length] !== slash) return false;
    return this.path.compare(folder, 0, length, 0, length) === 0;
  }

  /** Makes the path out of the start of the one before; checks that it is a clean path that comes after it. */
  #takePath(kept: number, added: number): void {
    const { record, path } = this;
    const length = kept + added;
    if (kept > this.pathLength || length > maxPathBytes) this.#fail('a path is too long');
    record.need(added);
    const from = record.position;
    if (this.#started) {
      const next = this.#block[from] as number;
      const ordered = added > 0 && (kept === this.pathLength || comesAfter(next, path[kept] as number));
      if (!ordered) this.#fail('its entries are not in order');
    }
    this.#block.copy(path, kept, from, from + added);
    record.position = from + added;
    this.pathLength = length;
    this.#started = true;
    if (!isCleanFrom(path, kept, length)) this.#fail('a path is not clean');
  }
}

function comesAfter(next: number, before: number): boolean {
  return before === slash ? next !== slash : next !== slash && next > before;
}

/** True if the components that `start` and what follows belong to are such as a path may have. */
function isCleanFrom(path: Buffer, start: number, end: number): boolean {
  if (end === 0) return true;
  let from = start;
  while (from > 0 && path[from - 1] !== slash) from--;
  for (let i = from; i <= end; i++) {
    if (i < end && path[i] === 0) return false;
    if (i < end && path[i] !== slash) continue;
    const length = i - from;
    if (length === 0) return false;
    if (path[from] === dot && (length === 1 || (length === 2 && path[from + 1] === dot))) return false;
    from = i + 1;
  }
  return true;
}
