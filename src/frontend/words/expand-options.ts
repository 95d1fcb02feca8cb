import type { EscapeCharacter } from '../syntax/tree.ts';
import type { ExpansionBudget } from './expansion-budget.ts';

export interface ExpandOptions {
  readonly escape: EscapeCharacter;
  /** Quotes stay in the result. */
  readonly keepQuotes?: boolean;
  /** Escape characters stay in the result. */
  readonly keepEscapes?: boolean;
  /** Quotes are characters like any other: the bodies of here-documents. */
  readonly ignoreQuotes?: boolean;
  /** What refers to a variable that is not set stays as it is. */
  readonly keepUnset?: boolean;
  /** Shared by all expansions of one Dockerfile. */
  readonly budget?: ExpansionBudget;
}
