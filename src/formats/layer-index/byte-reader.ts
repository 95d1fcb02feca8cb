import type { ByteString } from '../../base/byte-string.ts';

/**
 * Reads what {@link ByteWriter} wrote, out of bytes that are not trusted: whatever does not fit calls `fail`, which
 * throws.
 */
export class ByteReader {
  readonly bytes: Buffer;
  readonly #fail: (reason: string) => never;
  position: number;
  end: number;

  constructor(bytes: Buffer, fail: (reason: string) => never, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.#fail = fail;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Goes to another stretch of the same bytes. */
  seek(start: number, end: number): void {
    this.position = start;
    this.end = end;
  }

  fail(reason: string): never {
    return this.#fail(reason);
  }

  byte(): number {
    if (this.position >= this.end) this.#fail('it ends within a number');
    return this.bytes[this.position++] as number;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 128;
    for (let count = 1; ; count++) {
      if (count === 8) this.#fail('a number is too long');
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) break;
      scale *= 128;
    }
    if (value > Number.MAX_SAFE_INTEGER) this.#fail('a number is too large');
    return value;
  }

  /** A varint that must not be above `limit`; `what` names it. */
  bounded(limit: number, what: string): number {
    const value = this.varint();
    if (value > limit) this.#fail(`${what} is ${value}, above ${limit}`);
    return value;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  uint32(): number {
    this.need(4);
    const value = this.bytes.readUInt32LE(this.position);
    this.position += 4;
    return value;
  }

  uint64(): number {
    this.need(8);
    const value = this.bytes.readBigUInt64LE(this.position);
    this.position += 8;
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.#fail('a number is too large');
    return Number(value);
  }

  text(length: number): ByteString {
    this.need(length);
    const value = this.bytes.toString('latin1', this.position, this.position + length) as ByteString;
    this.position += length;
    return value;
  }

  /** A copy. */
  copy(length: number): Buffer {
    this.need(length);
    const value = Buffer.from(this.bytes.subarray(this.position, this.position + length));
    this.position += length;
    return value;
  }

  /** Fails if fewer bytes follow. */
  need(length: number): void {
    if (length > this.end - this.position) this.#fail(`${length} bytes are said to follow where fewer do`);
  }
}
