const newline = 0x0a;
/** A line longer than this is given out in pieces: a step that never ends its line must not fill the memory. */
const maxLineBytes = 64 * 1024;

/** Cuts a stream of bytes into lines; each stream of each node has one of its own. */
export class LineSplitter {
  #rest: Uint8Array[] = [];
  #restSize = 0;

  /** The lines that this chunk completes, without their newline. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      lines.push(this.#take(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#rest.push(chunk.slice(start));
      this.#restSize += chunk.length - start;
      if (this.#restSize > maxLineBytes) lines.push(this.#take(new Uint8Array(0)));
    }
    return lines;
  }

  /** What is left when the stream ends. */
  flush(): string[] {
    return this.#restSize === 0 ? [] : [this.#take(new Uint8Array(0))];
  }

  #take(last: Uint8Array): string {
    const line = Buffer.concat([...this.#rest, last]).toString('utf8');
    this.#rest = [];
    this.#restSize = 0;
    return line;
  }
}
