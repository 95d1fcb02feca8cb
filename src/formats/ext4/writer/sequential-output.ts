import { throwIfAborted } from '../../../base/abort.ts';
import type { ImageSink } from './options.ts';

/** Bytes given to the sink at once, at most. */
export const chunkSize = 1 << 20;

/** Unused bytes between two pieces that are rather written as zeros than left out by starting a new chunk. */
const maxWrittenGap = 16 << 10;

/** Chunks that may be on their way to the sink while the next is filled. */
const maxInFlight = 3;

/** Chunks written without a promise after which the event loop gets a turn. */
const chunksPerTurn = 16;

/** Something that lies between the other pieces, such as a copy of the superblock. */
export interface Interlude {
  /** In bytes. */
  readonly position: number;
  write(out: SequentialOutput): void;
}

/**
 * Gathers pieces of rising position in large chunks. A piece is reserved, then filled in place: `bytes` and `view`
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
  readonly #inFlight: Promise<void>[] = [];
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
    if (this.#inFlight.length > 0) await this.#inFlight.shift();
    else await new Promise((resolve) => setImmediate(resolve));
    this.#sinceTurn = 0;
    this.isCongested = this.#inFlight.length >= maxInFlight;
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
    await Promise.all(this.#inFlight.splice(0));
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
    const chunk = this.bytes;
    if (this.#filled === 0) return;
    const done = this.#sink.write(chunk.subarray(0, this.#filled), this.#base);
    this.written += this.#filled;
    this.#base += this.#filled;
    this.#filled = 0;
    this.#sinceTurn++;
    if (done === undefined) {
      this.isCongested = this.#sinceTurn >= chunksPerTurn;
      return;
    }
    this.#inFlight.push(
      done.then(
        () => void this.#free.push(chunk),
        (error: unknown) => {
          this.#failure ??= { error };
        },
      ),
    );
    this.isCongested = this.#inFlight.length >= maxInFlight;
    this.bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
    this.view = viewOf(this.bytes);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
