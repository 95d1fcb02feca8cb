import { FirekilnError } from '../base/errors/firekiln-error.ts';

/** What the instructions of one Dockerfile may take of something together. */
export class Budget {
  readonly #max: number;
  readonly #message: string;
  readonly #hint: string | undefined;
  #taken = 0;

  constructor(max: number, message: string, hint?: string) {
    this.#max = max;
    this.#message = message;
    this.#hint = hint;
  }

  /** Throws LIMIT_EXCEEDED when more than the most has been taken in all. */
  take(count: number): void {
    this.#taken += count;
    if (this.#taken > this.#max) throw new FirekilnError('LIMIT_EXCEEDED', this.#message, { hint: this.#hint });
  }
}
