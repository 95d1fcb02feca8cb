import type { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { Budget } from '../budget.ts';
import { type FaultOptions, fault } from '../syntax/fault.ts';
import type { ExpandOptions } from '../words/expand-options.ts';
import type { PlanRequest } from './plan.ts';

/** What all parts of one planning share. */
export interface PlannerContext {
  readonly request: PlanRequest;
  readonly graph: GraphBuilder;
  /** Arguments of the global scope. */
  readonly globalArgs: ReadonlyMap<string, string>;
  /** The escape character of the Dockerfile, and what all its expansions may give together. */
  readonly expansion: ExpandOptions;
  readonly proxyEnv: readonly string[];
  readonly inheritance: Budget;
  readonly ports: Budget;
  readonly excludes: Budget;
}

/** An error that blames lines of the Dockerfile. */
export function planFault(
  request: PlanRequest,
  range: SourceRange,
  message: string,
  options: FaultOptions = {},
): FirekilnError {
  return fault('DOCKERFILE_PLAN', message, request.dockerfile.tree.source, range, options);
}

/** Runs `work`; an error of ours without a place is given this one. */
export function blaming<T>(request: PlanRequest, range: SourceRange, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw placed(request, range, error);
  }
}

export function placed(request: PlanRequest, range: SourceRange, error: unknown): unknown {
  if (!isFirekilnError(error)) return error;
  const { file, text } = request.dockerfile.tree.source;
  return error.withSource({ file, text, ranges: [range] });
}
