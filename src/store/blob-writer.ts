import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { abortError } from '../base/abort.ts';
import type { Digest } from '../base/digest.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { explainSystemError } from '../base/system-error.ts';
import { ChunkSummer } from './chunk-sums.ts';
import type { PutOptions } from './store.ts';

const bufferSize = 1024 * 1024;
/** Buffers that are filled or written at the same time. */
const bufferCount = 4;
/** The kernel is asked to write out what it has every so many bytes, so that the flush at the end is short. */
const flushStride = 32 * 1024 * 1024;

export interface WrittenBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly sums: Uint32Array;
}

/**
 * Writes a stream into a file and takes its digest and sums on the way; hashing, writing and the producer overlap. The
 * chunks are copied, so that their producer may reuse them. `also` sees each chunk as well. Throws DIGEST_MISMATCH,
 * SIZE_MISMATCH, DISK_FULL, ABORTED.
 */
export async function writeBlob(
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: { readonly handle: FileHandle; readonly path: string },
  options: PutOptions,
  also?: (chunk: Uint8Array) => void,
): Promise<WrittenBlob> {
  const hash = createHash('sha256');
  const summer = new ChunkSummer();
  const writer = new OverlappedWriter(file.handle);
  const limit = options.expectedSize ?? Number.POSITIVE_INFINITY;
  let size = 0;
  try {
    for await (const chunk of data) {
      if (options.signal?.aborted) throw abortError(options.signal, `storing ${describe(options)}`);
      size += chunk.length;
      if (size > limit) throw sizeMismatch(options, `more than the ${limit} bytes promised`);
      hash.update(chunk);
      summer.update(chunk);
      also?.(chunk);
      await writer.write(chunk);
    }
    await writer.end();
  } catch (error) {
    await writer.abandon();
    throw explainSystemError(error, 'writing', file.path);
  }
  if (options.signal?.aborted) throw abortError(options.signal, `storing ${describe(options)}`);
  if (options.expectedSize !== undefined && size !== limit) {
    throw sizeMismatch(options, `${size} bytes instead of the ${limit} promised`);
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (options.expected !== undefined && digest !== options.expected) {
    throw new FirekilnError(
      'DIGEST_MISMATCH',
      `${describe(options)} has the digest ${digest}, not ${options.expected}`,
      {
        hint: 'Nothing of it was kept. Try again; if it stays, the source serves wrong content.',
      },
    );
  }
  return { digest, size, sums: summer.end() };
}

function describe(options: PutOptions): string {
  return options.from ?? options.expected ?? 'a blob';
}

function sizeMismatch(options: PutOptions, what: string): FirekilnError {
  return new FirekilnError('SIZE_MISMATCH', `${describe(options)} has ${what}`, {
    hint: 'Nothing of it was kept. Try again; if it stays, the source serves wrong content.',
  });
}

/** Copies small chunks into large buffers and writes those in the background, a few at a time. */
class OverlappedWriter {
  readonly #handle: FileHandle;
  readonly #free: Buffer[] = [];
  readonly #writing = new Set<Promise<void>>();
  #made = 0;
  #current: Buffer | undefined;
  #filled = 0;
  #position = 0;
  #flushed = 0;
  #flush: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      this.#current ??= await this.#takeBuffer();
      const to = Math.min(chunk.length, from + bufferSize - this.#filled);
      this.#current.set(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), this.#filled);
      this.#filled += to - from;
      from = to;
      if (this.#filled === bufferSize) this.#send(this.#current);
    }
  }

  async end(): Promise<void> {
    if (this.#current !== undefined && this.#filled > 0) this.#send(this.#current);
    await this.#settle();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for what is under way, so that the file can be closed. */
  async abandon(): Promise<void> {
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#writing);
    await this.#flush;
  }

  async #takeBuffer(): Promise<Buffer> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const buffer = this.#free.pop();
      if (buffer !== undefined) return buffer;
      if (this.#made < bufferCount) {
        this.#made++;
        return Buffer.allocUnsafeSlow(bufferSize);
      }
      await Promise.race(this.#writing);
    }
  }

  #send(buffer: Buffer): void {
    const length = this.#filled;
    const position = this.#position;
    this.#current = undefined;
    this.#filled = 0;
    this.#position += length;
    const writing = this.#writeAll(buffer, length, position).then(
      () => {
        this.#free.push(buffer);
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    const tracked = writing.finally(() => this.#writing.delete(tracked));
    this.#writing.add(tracked);
    if (this.#position - this.#flushed >= flushStride) this.#flushEarly();
  }

  async #writeAll(buffer: Buffer, length: number, position: number): Promise<void> {
    for (let done = 0; done < length; ) {
      const { bytesWritten } = await this.#handle.write(buffer, done, length - done, position + done);
      done += bytesWritten;
    }
  }

  #flushEarly(): void {
    if (this.#flush !== undefined) return;
    this.#flushed = this.#position;
    // The flush at the end reports what this one would.
    this.#flush = this.#handle
      .datasync()
      .catch(() => {})
      .finally(() => {
        this.#flush = undefined;
      });
  }
}
