import type { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { SourceExcerpt } from '../base/errors/source-excerpt.ts';
import { type Place, placed } from '../frontend/instructions/place.ts';
import type { Plan } from '../frontend/plan/plan.ts';
import type { NodeId, NodeInfo } from '../graph/node.ts';

/** Where the first matching node of a plan is in the Dockerfile; undefined if no instruction stands for it. */
export function placeOfStep(
  matches: (info: NodeInfo, id: string) => boolean,
  { graph, tree }: Plan,
): SourceExcerpt | undefined {
  const [, info] = [...graph.info].find(([id, it]) => matches(it, id)) ?? [];
  const place = info && placeOf(info, tree);
  return place && { ...tree.source, ranges: [place.range] };
}

/** An error with the line of its step, if an instruction stands for that. */
export function atStep(error: FirekilnError, step: string, { graph, tree }: Plan): FirekilnError {
  const info = graph.info.get(step as NodeId);
  const place = info && placeOf(info, tree);
  if (place === undefined) return error;
  // A command that fails is about none of the words.
  const isCommand = error.about.length === 0 && place.trigger === undefined && place.node.name === 'run';
  return isCommand ? error.withSource({ ...tree.source, ranges: [place.range] }) : placed(tree.source, place, error);
}

function placeOf({ startLine, trigger }: NodeInfo, { instructions }: Plan['tree']): Place | undefined {
  const node = instructions.find(({ range }) => range.startLine === startLine);
  return node && { range: node.range, node, trigger };
}
