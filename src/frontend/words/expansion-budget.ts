import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExpandedTotal, maxPatternStepsTotal } from '../limits.ts';

/** Counts what the expansions of one Dockerfile give together. */
export interface ExpansionBudget {
  /** Throws LIMIT_EXCEEDED when {@link maxExpandedTotal} is used up. */
  spend(length: number): void;
  /** Throws LIMIT_EXCEEDED when {@link maxPatternStepsTotal} is used up. */
  search(steps: number): void;
}

export function createExpansionBudget(
  limit: number = maxExpandedTotal,
  maxSteps: number = maxPatternStepsTotal,
): ExpansionBudget {
  let left = limit;
  let steps = maxSteps;
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
    search(more) {
      steps -= more;
      if (steps >= 0) return;
      throw new FirekilnError(
        'LIMIT_EXCEEDED',
        `the patterns in the substitutions of the Dockerfile need more than ${maxSteps} steps to match`,
        { hint: 'Do this in a RUN instruction instead.' },
      );
    },
  };
}
