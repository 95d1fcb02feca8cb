import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxInherited } from '../limits.ts';

/** Counts what the stages of one Dockerfile take over from each other: variables, labels, arguments, history. */
export class InheritanceBudget {
  #taken = 0;

  /** Throws LIMIT_EXCEEDED above {@link maxInherited} entries. */
  take(entries: number): void {
    this.#taken += entries;
    if (this.#taken <= maxInherited) return;
    throw new FirekilnError(
      'LIMIT_EXCEEDED',
      `stages take over more than ${maxInherited} variables, labels and history entries from each other`,
    );
  }
}
