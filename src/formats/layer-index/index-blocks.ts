import { crc32 } from 'node:zlib';
import type { ByteString } from '../../base/byte-string.ts';
import type { RandomAccess } from '../io/random-access.ts';
import { compareTreeOrder } from '../tree/tree-order.ts';
import type { ByteReader } from './byte-reader.ts';

/** Blocks that stay in memory for the next lookup, of each kind: 512 KiB. */
const cachedBlocks = 32;

/** The blocks of one kind of an index file: about 100 bytes of memory for each 16 KiB of the file. */
export class IndexBlocks {
  readonly #source: RandomAccess;
  readonly #fail: (reason: string) => never;
  readonly #starts: number[] = [];
  readonly #crcs: number[] = [];
  readonly #firstNumbers: number[] = [];
  readonly #separators: ByteString[] = [];
  readonly #cache = new Map<number, Buffer>();
  readonly #end: number;

  /** Reads `count` rows of the table; the blocks they tell of must fill the file from `start` to `end`. */
  constructor(
    source: RandomAccess,
    table: ByteReader,
    part: { start: number; end: number; count: number; hasSeparators: boolean },
  ) {
    this.#source = source;
    this.#fail = (reason) => table.fail(reason);
    let at = part.start;
    for (let i = 0; i < part.count; i++) {
      this.#starts.push(at);
      const length = table.varint();
      if (length === 0) table.fail('it has an empty block');
      at += length;
      if (at > part.end) table.fail('its blocks are longer than their part of it');
      this.#crcs.push(table.uint32());
      const firstNumber = table.varint();
      if (firstNumber < (this.#firstNumbers.at(-1) ?? 0)) table.fail('its blocks are not in order');
      this.#firstNumbers.push(firstNumber);
      if (part.hasSeparators) this.#addSeparator(table);
    }
    if (at !== part.end) table.fail('its blocks are shorter than their part of it');
    this.#end = part.end;
  }

  #addSeparator(table: ByteReader): void {
    const separator = table.text(table.varint());
    const last = this.#separators.at(-1);
    if (last === undefined ? separator !== '' : compareTreeOrder(last, separator) >= 0) {
      table.fail('its blocks are not in order');
    }
    this.#separators.push(separator);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** Number of the first inode in a block. */
  firstNumber(block: number): number {
    return this.#firstNumbers[block] ?? 0;
  }

  /** What no path of the block is before; all paths of the block before it are. */
  separator(block: number): ByteString | undefined {
    return this.#separators[block];
  }

  /** The last block that may hold a path; -1 if there are none. */
  blockOfPath(path: ByteString): number {
    return lastIndexWhere(this.count, (i) => compareTreeOrder(this.#separators[i] ?? path, path) <= 0);
  }

  blockOfNumber(number: number): number {
    return lastIndexWhere(this.count, (i) => this.firstNumber(i) <= number);
  }

  /** The bytes of a block, its checksum verified. */
  read(block: number): Buffer {
    const known = this.#cache.get(block);
    if (known !== undefined) return known;
    const start = this.#starts[block] ?? 0;
    const bytes = Buffer.allocUnsafe((this.#starts[block + 1] ?? this.#end) - start);
    const got = this.#source.read(bytes, start);
    if (got !== bytes.length || crc32(bytes) !== this.#crcs[block]) {
      this.#fail(`the block of ${bytes.length} bytes at byte ${start} does not have the checksum it was written with`);
    }
    if (this.#cache.size >= cachedBlocks) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest);
        break;
      }
    }
    this.#cache.set(block, bytes);
    return bytes;
  }
}

/** The last of `count` indexes for which a condition holds that holds for a first part of them only; else -1. */
function lastIndexWhere(count: number, holds: (index: number) => boolean): number {
  let low = -1;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
