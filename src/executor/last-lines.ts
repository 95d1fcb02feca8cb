const keptLines = 40;
const maxLineBytes = 2000;

/** The last lines of several streams, in the order in which they ended. */
export class LastLines {
  #lines: string[] = [];
  readonly #open = new Map<string, Buffer>();

  push(stream: string, chunk: Uint8Array): void {
    let rest = Buffer.concat([this.#open.get(stream) ?? Buffer.alloc(0), chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#add(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    this.#open.set(stream, rest.subarray(Math.max(0, rest.length - maxLineBytes)));
  }

  /** With the lines that have no end yet. */
  get(): readonly string[] {
    for (const [stream, rest] of this.#open) {
      if (rest.length > 0) this.#add(rest);
      this.#open.delete(stream);
    }
    return this.#lines;
  }

  #add(line: Buffer): void {
    this.#lines.push(line.subarray(Math.max(0, line.length - maxLineBytes)).toString());
    if (this.#lines.length > keptLines) this.#lines = this.#lines.slice(-keptLines);
  }
}
