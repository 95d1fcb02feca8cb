import { Budget } from '../budget.ts';
import { maxInherited } from '../limits.ts';

/** For what the stages of one Dockerfile take over from each other: variables, labels, arguments, history. */
export function inheritanceBudget(): Budget {
  return new Budget(
    maxInherited,
    `stages take over more than ${maxInherited} variables, labels and history entries from each other`,
  );
}
