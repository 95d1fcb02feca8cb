import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Digest, hexOf } from '../base/digest.ts';
import { chunkSize } from './chunk-sums.ts';
import type { BlobReader } from './store.ts';

/** Chunks kept for small reads, per reader: a walk in the order of the tar needs one, merged walks a few. */
const keptChunks = 8;

/** Throws the error for damage found at `offset`, after whatever must be done about it. */
export type OnDamage = (damage: {
  readonly offset: number;
  readonly what: string;
  /** Of the file that was read, so that a file put in its place since is not blamed. */
  readonly inode: bigint;
  readonly cause?: unknown;
}) => never;

/** A file that is checked chunk by chunk as it is read. Without sums it must be a single chunk, checked by its digest. */
export class CheckedFile implements BlobReader {
  readonly digest: Digest;
  readonly path: string;
  readonly size: number;
  readonly #sums: Uint32Array | undefined;
  readonly #onDamage: OnDamage;
  /** Verified chunks by number, the least recently used first. */
  readonly #kept = new Map<number, Buffer>();
  #latest: { readonly index: number; readonly data: Buffer } | undefined;
  #fd: number | undefined;

  /** @param sums Undefined for a blob of at most one chunk. */
  constructor(options: {
    readonly fd: number;
    readonly digest: Digest;
    readonly path: string;
    readonly size: number;
    readonly sums: Uint32Array | undefined;
    readonly onDamage: OnDamage;
  }) {
    this.#fd = options.fd;
    this.digest = options.digest;
    this.path = options.path;
    this.size = options.size;
    this.#sums = options.sums;
    this.#onDamage = options.onDamage;
  }

  /** Checks a blob without sums, whose very size may be wrong, before anybody trusts it. */
  checkWhole(): void {
    if (this.size > 0) this.#chunk(0);
    else this.#check(new Uint8Array(), 0);
  }

  read(target: Uint8Array, position: number): number {
    if (position < 0) throw new RangeError(`a read at ${position}`);
    const length = Math.max(0, Math.min(target.length, this.size - position));
    for (let done = 0; done < length; ) {
      const at = position + done;
      const index = Math.floor(at / chunkSize);
      const within = at - index * chunkSize;
      const whole = within === 0 ? this.#wholeChunks(index, length - done) : 0;
      if (whole > 0) {
        this.#readChunks(target.subarray(done, done + whole), index);
        done += whole;
        continue;
      }
      const chunk = this.#chunk(index);
      const part = Math.min(length - done, chunk.length - within);
      target.set(chunk.subarray(within, within + part), done);
      done += part;
    }
    return length;
  }

  /** For damage that the sums don't show. */
  reportDamage(what: string): never {
    return this.#damage(0, what, undefined);
  }

  [Symbol.dispose](): void {
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    this.#kept.clear();
    this.#latest = undefined;
  }

  /** Bytes of whole chunks from `index` on that a read of `length` bytes covers; the last chunk may be short. */
  #wholeChunks(index: number, length: number): number {
    if (index * chunkSize + length >= this.size) return length;
    return length - (length % chunkSize);
  }

  /** Reads and checks chunks in place; `target` ends where a chunk ends. */
  #readChunks(target: Uint8Array, first: number): void {
    this.#readFully(target, first * chunkSize);
    for (let from = 0; from < target.length; from += chunkSize) {
      this.#check(target.subarray(from, from + chunkSize), first + from / chunkSize);
    }
  }

  #chunk(index: number): Buffer {
    if (this.#latest?.index === index) return this.#latest.data;
    let data = this.#kept.get(index);
    this.#kept.delete(index);
    if (data === undefined) {
      data = this.#takeBuffer(Math.min(chunkSize, this.size - index * chunkSize));
      this.#readChunks(data, index);
    }
    this.#kept.set(index, data);
    this.#latest = { index, data };
    return data;
  }

  #takeBuffer(size: number): Buffer {
    for (const [index, data] of this.#kept) {
      if (this.#kept.size < keptChunks) break;
      this.#kept.delete(index);
      if (data.length === size) return data;
    }
    return Buffer.allocUnsafeSlow(size);
  }

  #readFully(target: Uint8Array, position: number): void {
    if (this.#fd === undefined) throw new Error(`${this.digest} was closed`);
    for (let done = 0; done < target.length; ) {
      let count = 0;
      try {
        count = readSync(this.#fd, target, done, target.length - done, position + done);
      } catch (cause) {
        this.#damage(position + done, 'the disk fails to read it', cause);
      }
      if (count === 0) this.#damage(position + done, 'the file ends here', undefined);
      done += count;
    }
  }

  #check(chunk: Uint8Array, index: number): void {
    const matches =
      this.#sums === undefined
        ? createHash('sha256').update(chunk).digest('hex') === hexOf(this.digest)
        : crc32(chunk) === this.#sums[index];
    if (!matches) this.#damage(index * chunkSize, `the ${chunk.length} bytes from here have changed`, undefined);
  }

  #damage(offset: number, what: string, cause: unknown): never {
    this.#latest = undefined;
    this.#kept.clear();
    const inode = this.#fd === undefined ? 0n : fstatSync(this.#fd, { bigint: true }).ino;
    return this.#onDamage({ offset, what, inode, cause });
  }
}
