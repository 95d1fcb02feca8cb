import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExcludedTotal } from '../limits.ts';

/** Counts the characters of the `--exclude` patterns of one Dockerfile, of its triggers too. */
export class ExcludeBudget {
  #length = 0;

  /** Throws LIMIT_EXCEEDED above {@link maxExcludedTotal} characters. */
  take(patterns: readonly string[]): void {
    for (const pattern of patterns) this.#length += pattern.length;
    if (this.#length <= maxExcludedTotal) return;
    throw new FirekilnError(
      'LIMIT_EXCEEDED',
      `--exclude patterns have more than ${maxExcludedTotal} characters in all`,
      {
        hint: 'What no step needs can be left out by .dockerignore once, with fewer patterns.',
      },
    );
  }
}
