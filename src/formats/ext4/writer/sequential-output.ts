import { throwIfAborted } from '../../../base/abort.ts';
import type { ImageSink } from './options.ts';

/** Bytes given to the sink at once, at most. */
export const chunkSize = 2 << 20;

/** Unused bytes between two pieces that are rather written as zeros than left out by starting a new chunk. */
const maxWrittenGap = 16 << 10;

/** Chunks written without a promise after which the event loop gets a turn. */
const chunksPerTurn = 16;

/** Something that lies between the other pieces, such as a copy of the superblock. */
export interface Interlude {
  /** In bytes. */
  readonly position: number;
  write(out: SequentialOutput): void;
}

/** A chunk on its way to the sink. */
interface FilledChunk {
  readonly bytes: Buffer;
  readonly length: number;
  readonly position: number;
}

/**
 * Gathers pieces of rising position in large chunks. One chunk is with the sink while the next is filled; two at a time
 * would only contend for the lock that a file has in the kernel. A piece is reserved, then filled in place: `bytes` and `view`
 * belong to the chunk of the reservation made last.
 */
export class SequentialOutput {
  bytes: Buffer;
  view: DataView;
  /** Bytes given to the sink so far. */
  written = 0;
  /** True if {@link breathe} should be awaited before more is reserved. */
  isCongested = false;
  readonly #sink: ImageSink;
  readonly #signal: AbortSignal | undefined;
  readonly #interludes: readonly Interlude[];
  #nextInterlude = 0;
  #free: Buffer[] = [];
  /** Until the sink has taken the chunk that it has. */
  #writing: Promise<void> | undefined;
  readonly #waiting: FilledChunk[] = [];
  #failure: { readonly error: unknown } | undefined;
  #sinceTurn = 0;
  /** Position of the chunk and how much of it is filled. */
  #base = 0;
  #filled = 0;

  constructor(sink: ImageSink, interludes: readonly Interlude[], signal: AbortSignal | undefined) {
    this.#sink = sink;
    this.#interludes = interludes;
    this.#signal = signal;
    this.bytes = Buffer.allocUnsafeSlow(chunkSize);
    this.view = viewOf(this.bytes);
  }

  /** Bytes that can still be put into the chunk without starting a new one, if a piece at `position` goes on from it. */
  room(position: number): number {
    return position === this.#base + this.#filled && this.#filled > 0 ? chunkSize - this.#filled : chunkSize;
  }

  /** Makes room for `length` bytes at `position`; returns their place in `bytes`. They hold garbage. */
  reserveRaw(position: number, length: number): number {
    const interlude = this.#interludes[this.#nextInterlude];
    if (interlude !== undefined && interlude.position <= position) this.#playInterludes(position);
    const end = this.#base + this.#filled;
    if (position < end) throw new Error(`an ext4 image must be written in order: ${position} is before ${end}`);
    if (this.#filled > 0 && (position - end > maxWrittenGap || position + length - this.#base > chunkSize)) {
      this.#submit();
    }
    if (this.#filled === 0) this.#base = position;
    const place = position - this.#base;
    if (place > this.#filled) this.bytes.fill(0, this.#filled, place);
    this.#filled = place + length;
    return place;
  }

  /** As {@link reserveRaw}; the bytes are zeros. */
  reserve(position: number, length: number): number {
    const place = this.reserveRaw(position, length);
    this.bytes.fill(0, place, place + length);
    return place;
  }

  /** Waits until the sink has caught up, and lets others run. */
  async breathe(): Promise<void> {
    throwIfAborted(this.#signal, 'making an ext4 image');
    while (this.#writing !== undefined && this.#waiting.length > 0) await this.#writing;
    if (this.#sinceTurn >= chunksPerTurn) await new Promise((resolve) => setImmediate(resolve));
    this.#sinceTurn = 0;
    this.isCongested = false;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes what is left and waits for the sink. */
  async finish(): Promise<void> {
    this.#playInterludes(Number.POSITIVE_INFINITY);
    this.#submit();
    await this.settle();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for what is under way, whether it fails or not. */
  async settle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #playInterludes(position: number): void {
    for (;;) {
      const interlude = this.#interludes[this.#nextInterlude];
      if (interlude === undefined || interlude.position > position) return;
      this.#nextInterlude++;
      interlude.write(this);
    }
  }

  #submit(): void {
    if (this.#filled === 0) return;
    const chunk = { bytes: this.bytes, length: this.#filled, position: this.#base };
    this.written += this.#filled;
    this.#base += this.#filled;
    this.#filled = 0;
    if (this.#writing === undefined) this.#send(chunk);
    else this.#waiting.push(chunk);
    this.isCongested = this.#waiting.length > 0 || this.#sinceTurn >= chunksPerTurn;
    this.bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
    this.view = viewOf(this.bytes);
  }

  #send({ bytes, length, position }: FilledChunk): void {
    const done = this.#sink.write(bytes.subarray(0, length), position);
    if (done === undefined) {
      this.#sinceTurn++;
      this.#free.push(bytes);
      return;
    }
    this.#writing = this.#whenWritten(done, bytes);
  }

  /** Frees the chunk, then hands over the next one that waits. */
  async #whenWritten(done: Promise<void>, bytes: Buffer): Promise<void> {
    try {
      await done;
      this.#free.push(bytes);
      this.#writing = undefined;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#send(next);
    } catch (error) {
      this.#failure ??= { error };
      this.#writing = undefined;
      this.#waiting.length = 0;
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
