import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExpandedTotal } from '../limits.ts';

/** Counts what the expansions of one Dockerfile give together. */
export interface ExpansionBudget {
  /** Throws LIMIT_EXCEEDED when {@link maxExpandedTotal} is used up. */
  spend(length: number): void;
}

export function createExpansionBudget(limit: number = maxExpandedTotal): ExpansionBudget {
  let left = limit;
  return {
    spend(length) {
      left -= length;
      if (left >= 0) return;
      throw new FirekilnError(
        'LIMIT_EXCEEDED',
        `the variables of the Dockerfile expand to more than ${limit} characters`,
        {
          hint: 'Look for ARG or ENV instructions that repeat their own value.',
        },
      );
    },
  };
}
