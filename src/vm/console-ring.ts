/** The end of a machine's console is kept, this much of it. */
const consoleTailBytes = 256 * 1024;

/** What a guest writes to its console: the end is kept in memory, listeners hear everything. */
export class ConsoleRing {
  readonly #capacity: number;
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #listeners = new Set<(chunk: Buffer) => void>();

  constructor(capacity: number = consoleTailBytes) {
    this.#capacity = capacity;
  }

  write(chunk: Buffer): void {
    // A copy: a slice of a pooled buffer would keep the whole pool.
    this.#chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
    if (this.#chunks.length > 256) this.#chunks = [Buffer.concat(this.#chunks)];
    while (this.#size > this.#capacity) {
      const first = this.#chunks[0];
      if (first === undefined) break;
      const excess = this.#size - this.#capacity;
      if (first.length <= excess) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(excess);
      this.#size -= Math.min(excess, first.length);
    }
    for (const listener of this.#listeners) listener(chunk);
  }

  /** The kept end, bytes that are not UTF-8 replaced. */
  tail(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  listen(listener: (chunk: Buffer) => void): () => void {
    const own = (chunk: Buffer) => listener(chunk);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
