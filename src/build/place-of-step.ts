import type { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { SourceExcerpt } from '../base/errors/source-excerpt.ts';
import type { Plan } from '../frontend/plan/plan.ts';
import type { NodeInfo } from '../graph/node.ts';
import type { BuildInputs } from './inputs.ts';

/** Where the first matching node of a plan is in the Dockerfile; undefined if no instruction stands for it. */
export function placeOfStep(
  matches: (info: NodeInfo, id: string) => boolean,
  { graph }: Plan,
  { dockerfile }: BuildInputs,
): SourceExcerpt | undefined {
  const [, info] = [...graph.info].find(([id, it]) => matches(it, id)) ?? [];
  if (info?.startLine === undefined) return undefined;
  const range = { startLine: info.startLine, endLine: info.endLine ?? info.startLine };
  return { ...dockerfile, ranges: [range] };
}

/** An error with the line of its step, if an instruction stands for that. */
export function atStep(
  error: FirekilnError,
  step: string,
  { plan, inputs }: { readonly plan: Plan; readonly inputs: BuildInputs },
): FirekilnError {
  const place = placeOfStep((_, id) => id === step, plan, inputs);
  return place === undefined ? error : error.withSource(place);
}
