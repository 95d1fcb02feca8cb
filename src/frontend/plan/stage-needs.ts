import type { SourceRange } from '../../base/errors/source-excerpt.ts';
import { type PlannerContext, planFault } from './planner-context.ts';
import type { StageState } from './stage-state.ts';

/** Every stage and image that a stage needs, itself included. */
export function reachableFrom(target: StageState): Set<StageState> {
  const reachable = new Set<StageState>();
  const open = [target];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (reachable.has(state)) continue;
    reachable.add(state);
    for (const { needed } of needsOf(state)) open.push(needed);
  }
  return reachable;
}

/** Throws DOCKERFILE_PLAN if stages need each other in a circle. */
export function refuseCircles(context: PlannerContext, all: readonly StageState[]): void {
  const finished = new Set<StageState>();
  for (const start of all) {
    const path = [{ state: start, needs: needsOf(start), next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = finished.has(top.state) ? undefined : top.needs[top.next++];
      if (need === undefined) {
        finished.add(top.state);
        onPath.delete(top.state);
        path.pop();
      } else if (onPath.has(need.needed)) {
        const circle = path.slice(path.findIndex(({ state }) => state === need.needed));
        const names = [...circle.map(({ state }) => state), need.needed].map((it) => it.name ?? `stage ${it.index}`);
        const [first] = circle;
        const next = first?.needs[first.next - 1] ?? need;
        const isByBase = circle.some(({ state, needs, next: at }) => needs[at - 1]?.needed === state.base);
        // Of several instructions that need the same stage, BuildKit blames the last.
        const range = isByBase ? next.range : (first?.needs.findLast((it) => it.needed === next.needed) ?? next).range;
        throw planFault(context.request, range, `stages need each other in a circle: ${names.join(' -> ')}`);
      } else if (!finished.has(need.needed)) {
        path.push({ state: need.needed, needs: needsOf(need.needed), next: 0 });
        onPath.add(need.needed);
      }
    }
  }
}

function needsOf(state: StageState): readonly { readonly needed: StageState; readonly range: SourceRange }[] {
  const base = state.base === undefined ? [] : [{ needed: state.base, range: state.range }];
  const sources = state.instructions.flatMap(({ instruction, sources }) =>
    sources.flatMap((needed) => (needed === undefined ? [] : [{ needed, range: instruction.range }])),
  );
  return [...base, ...sources];
}
