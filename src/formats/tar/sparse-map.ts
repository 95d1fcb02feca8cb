import type { DataExtent } from '../tree/entry.ts';
import { maxSparseExtents } from './tar-limits.ts';
import { parseDecimal, parseTarNumber } from './tar-number.ts';

/** Where the pieces of a sparse file belong; the pieces themselves follow one another in the archive. */
export interface SparsePiece {
  readonly offset: number;
  readonly length: number;
}

type Fail = (reason: string) => never;

/** What remains of a sparse map to be read. */
export class SparseMapBuilder {
  readonly pieces: SparsePiece[] = [];
  readonly #fail: Fail;
  readonly #exceeds: Fail;

  /** `exceeds` is called with a ceiling that the map is above. */
  constructor(fail: Fail, exceeds: Fail) {
    this.#fail = fail;
    this.#exceeds = exceeds;
  }

  add(offset: number | undefined, length: number | undefined): void {
    if (offset === undefined || length === undefined || offset < 0 || length < 0) {
      this.#fail('its sparse map has something that is no number');
    }
    if (this.pieces.length >= maxSparseExtents) this.#exceeds(`maxSparseExtents is ${maxSparseExtents}`);
    this.pieces.push({ offset, length });
  }
}

/** Entries of GNU's old format: in the header at byte 386 (4 of them), in the blocks after it from 0 on (21). */
export function takeOldGnuEntries(map: SparseMapBuilder, block: Buffer, start: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = start + i * 24;
    if (block[at] === 0) break;
    map.add(parseTarNumber(block, at, 12), parseTarNumber(block, at + 12, 12));
  }
}

/** Numbers by turns, as in the PAX formats 0.0 and 0.1. */
export function takeSparsePairs(map: SparseMapBuilder, numbers: readonly string[], expected: string, fail: Fail): void {
  if (parseDecimal(expected) !== numbers.length / 2) fail('its sparse map does not have the pieces it counts');
  for (let i = 0; i < numbers.length; i += 2) {
    map.add(parseDecimal(numbers[i] ?? ''), parseDecimal(numbers[i + 1] ?? ''));
  }
}

/** The map of PAX format 1.0: decimal lines at the head of the data, their count first. */
export class SparseMapText {
  readonly #map: SparseMapBuilder;
  readonly #fail: Fail;
  #digits = '';
  #missing: number | undefined;
  #offset: number | undefined;

  constructor(map: SparseMapBuilder, fail: Fail) {
    this.#map = map;
    this.#fail = fail;
  }

  /** Reads on in one block; true when the map is complete. */
  take(block: Buffer): boolean {
    for (const byte of block) {
      if (byte !== 0x0a) {
        if (this.#digits.length > 20) this.#fail('its sparse map has something that is no number');
        this.#digits += String.fromCharCode(byte);
        continue;
      }
      this.#takeNumber(parseDecimal(this.#digits));
      this.#digits = '';
      if (this.#missing === 0) return true;
    }
    return false;
  }

  #takeNumber(value: number | undefined): void {
    if (value === undefined || value < 0) this.#fail('its sparse map has something that is no number');
    if (this.#missing === undefined) this.#missing = value;
    else if (this.#offset === undefined) this.#offset = value;
    else {
      this.#map.add(this.#offset, value);
      this.#offset = undefined;
      this.#missing--;
    }
  }
}

/**
 * The extents of a sparse file of `size` bytes whose `stored` bytes of pieces start at `blobOffset`. The pieces must be
 * in order, apart, within the file, and be all that is stored.
 */
export function sparseExtents(
  pieces: readonly SparsePiece[],
  { size, stored, blobOffset }: { readonly size: number; readonly stored: number; readonly blobOffset: number },
  fail: Fail,
): DataExtent[] {
  const extents: DataExtent[] = [];
  let end = 0;
  let at = blobOffset;
  for (const { offset, length } of pieces) {
    if (offset < end || offset + length > size) fail('the pieces of its sparse map overlap or lie outside of it');
    end = offset + length;
    if (length === 0) continue;
    const last = extents.at(-1);
    if (last !== undefined && last.fileOffset + last.length === offset) {
      extents[extents.length - 1] = { ...last, length: last.length + length };
    } else extents.push({ fileOffset: offset, length, blobOffset: at });
    at += length;
  }
  if (at - blobOffset !== stored) fail(`its sparse map tells of ${at - blobOffset} bytes, and it has ${stored}`);
  return extents;
}
