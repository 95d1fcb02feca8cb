import type { PatternSet } from '../../formats/patterns/pattern-set.ts';
import type { Budget } from '../budget.ts';
import type { SourceText } from '../syntax/tree.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import type { CheckRequest } from './check-request.ts';
import type { Linter } from './linter.ts';
import type { Suggestions } from './suggestions.ts';

/** What all parts of one run of the checks share. */
export interface CheckerContext {
  readonly request: CheckRequest;
  readonly source: SourceText;
  readonly linter: Linter;
  readonly expansion: ExpandOptions;
  readonly ignored: PatternSet | undefined;
  readonly inheritance: Budget;
  readonly triggers: Budget;
  readonly suggestions: Suggestions;
}
