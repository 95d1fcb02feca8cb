import { Budget } from '../budget.ts';
import { maxExcludedTotal, maxExposedTotal } from '../limits.ts';

/** For the ports that the EXPOSE instructions of one Dockerfile list together, the same one again too. */
export function portBudget(): Budget {
  return new Budget(maxExposedTotal, `EXPOSE instructions name more than ${maxExposedTotal} ports in all`);
}

/** For the characters of the `--exclude` patterns of one Dockerfile, of its triggers too. */
export function excludeBudget(): Budget {
  return new Budget(
    maxExcludedTotal,
    `--exclude patterns have more than ${maxExcludedTotal} characters in all`,
    'What no step needs can be left out by .dockerignore once, with fewer patterns.',
  );
}
