import { Budget } from '../budget.ts';
import { maxInstructions } from '../limits.ts';

/** For the triggers that the stages of one Dockerfile run: each is an instruction. */
export function triggerBudget(): Budget {
  return new Budget(maxInstructions, `stages run more than ${maxInstructions} ONBUILD triggers of their bases in all`);
}
