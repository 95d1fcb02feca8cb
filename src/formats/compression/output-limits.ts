import { FirekilnError } from '../../base/errors/firekiln-error.ts';

/** What compressed data may unpack to. */
export interface OutputLimits {
  /** Bytes. */
  readonly maxBytes: number;
  /** Bytes of output for a byte of input, once the output is above {@link ratioFreeBytes}. */
  readonly maxRatio: number;
}

/** Above this size the ratio counts: a few zeros more or less fill no disk. */
const ratioFreeBytes = 1 << 30;

/** gzip itself ends at 1,032; real layers are below 100. */
const defaultOutputLimits: OutputLimits = { maxBytes: 2 ** 40, maxRatio: 2000 };

/** Counts both sides of an unpacking; throws LIMIT_EXCEEDED above a ceiling. */
export class OutputMeter {
  readonly #subject: string;
  readonly #limits: OutputLimits;
  #input = 0;
  #output = 0;

  constructor(subject: string, limits: Partial<OutputLimits> = {}) {
    this.#subject = subject;
    this.#limits = { ...defaultOutputLimits, ...limits };
  }

  in(bytes: number): void {
    this.#input += bytes;
  }

  out(bytes: number): void {
    this.#output += bytes;
    const { maxBytes, maxRatio } = this.#limits;
    if (this.#output > maxBytes) throw this.#exceeded(`maxBytes is ${maxBytes}`);
    if (this.#output > ratioFreeBytes && this.#output > this.#input * maxRatio) {
      throw this.#exceeded(`maxRatio is ${maxRatio}`);
    }
  }

  #exceeded(ceiling: string): FirekilnError {
    const what = `${this.#input} bytes unpack to ${this.#output} bytes and more`;
    return new FirekilnError('LIMIT_EXCEEDED', `${this.#subject}: ${what}; ${ceiling}`);
  }
}
