import { overLimit } from './image-error.ts';

/** Bounds the work that one open file system takes, however its metadata point at each other. */
export interface Budget {
  /** Throws EXT4_TOO_COMPLEX once the sum is above what the budget allows. */
  spend(units: number): void;
}

export function createBudget(units: number): Budget {
  let left = units;
  return {
    spend(asked) {
      left -= asked;
      if (left < 0) throw overLimit('metadata', `reading it takes more than ${units} steps`);
    },
  };
}
