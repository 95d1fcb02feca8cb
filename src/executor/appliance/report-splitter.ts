const maxReportBytes = 64 * 1024;

/** Parts a step's standard error from the report that guest/step puts behind it: a line that begins with the token. */
export class ReportSplitter {
  readonly #token: Buffer;
  readonly #onOutput: (chunk: Buffer) => void;
  /** Output that may be the beginning of the token; the report, once that has come. */
  #held: Buffer = Buffer.alloc(0);
  #isReport = false;

  constructor(token: string, onOutput: (chunk: Buffer) => void) {
    this.#token = Buffer.from(token);
    this.#onOutput = onOutput;
  }

  push(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    if (this.#isReport) {
      this.#held = this.#held.subarray(0, maxReportBytes);
      return;
    }
    const at = this.#held.indexOf(this.#token);
    const keep = at >= 0 ? this.#held.length - at : overlap(this.#held, this.#token);
    const output = this.#held.subarray(0, this.#held.length - keep);
    this.#held = this.#held.subarray(this.#held.length - keep);
    this.#isReport = at >= 0;
    if (output.length > 0) this.#onOutput(output);
  }

  /** What follows the token; undefined if it did not come: then what was held back is output. */
  end(): string | undefined {
    if (this.#isReport) return this.#held.subarray(this.#token.length).toString();
    if (this.#held.length > 0) this.#onOutput(this.#held);
    this.#held = Buffer.alloc(0);
    return undefined;
  }
}

/** How many of the last bytes are the first bytes of the token. */
function overlap(bytes: Buffer, token: Buffer): number {
  for (let count = Math.min(bytes.length, token.length - 1); count > 0; count--) {
    if (bytes.subarray(bytes.length - count).equals(token.subarray(0, count))) return count;
  }
  return 0;
}
