import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { Budget } from '../budget.ts';
import type { SourceText } from '../syntax/tree.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import type { PlanRequest } from './plan.ts';

/** What all parts of one planning share. */
export interface PlannerContext {
  readonly request: PlanRequest;
  readonly source: SourceText;
  readonly graph: GraphBuilder;
  /** Arguments of the global scope. */
  readonly globalArgs: ReadonlyMap<string, string>;
  /** The escape character of the Dockerfile, and what all its expansions may give together. */
  readonly expansion: ExpandOptions;
  readonly proxyEnv: readonly string[];
  readonly inheritance: Budget;
  readonly ports: Budget;
  readonly excludes: Budget;
  readonly triggers: Budget;
}

interface PlanFaultOptions {
  readonly hint?: string | undefined;
  /** The words at fault, see {@link FirekilnError.about}. */
  readonly about?: readonly string[] | undefined;
}

/** Something wrong with an instruction; whoever carries that out adds the place. */
export function planFault(message: string, options: PlanFaultOptions = {}): FirekilnError {
  return new FirekilnError('DOCKERFILE_PLAN', message, options);
}
