import type { Readable } from 'node:stream';

const keptBytes = 1 << 20;

/** Hands each chunk of an output on, or keeps the last 1 MiB of it. */
export class KeptOutput {
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(stream: Readable, each: ((chunk: Buffer) => void) | undefined) {
    stream.on('data', each ?? ((chunk: Buffer) => this.#keep(chunk)));
    // The end of the channel says what happened.
    stream.on('error', () => {});
  }

  bytes(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.length > keptBytes ? all.subarray(-keptBytes) : all;
  }

  #keep(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= keptBytes) this.#size -= this.#chunks.shift()?.length ?? 0;
  }
}
