import { type Place, placed } from '../instructions/place.ts';
import { placeOfSource } from './place-of-source.ts';
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

/**
 * Throws DOCKERFILE_PLAN if stages take files from each other in a circle, needed or not. As in BuildKit bases don't
 * count: a circle with one of them is only met where it is walked, see {@link circleOf}.
 */
export function refuseCircles(context: PlannerContext, all: readonly StageState[]): void {
  const finished = new Set<StageState>();
  for (const start of all) {
    const path = [{ state: start, needs: sourcesOf(start), next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = finished.has(top.state) ? undefined : top.needs[top.next++];
      if (need === undefined) {
        finished.add(top.state);
        onPath.delete(top.state);
        path.pop();
      } else if (onPath.has(need.needed)) {
        const circle = path.slice(path.findIndex(({ state }) => state === need.needed));
        const [first] = circle;
        const next = first?.needs[first.next - 1] ?? need;
        // Of several instructions that need the same stage, BuildKit blames the last.
        const { place } = first?.needs.findLast((it) => it.needed === next.needed) ?? next;
        const text = circleText([...circle.map(({ state }) => state), need.needed]);
        throw placed(context.source, place, planFault(text));
      } else if (!finished.has(need.needed)) {
        path.push({ state: need.needed, needs: sourcesOf(need.needed), next: 0 });
        onPath.add(need.needed);
      }
    }
  }
}

/** What to say of a stage that takes files from one which, over bases and files, needs it; nothing if that one does not. */
export function circleOf(stage: StageState, source: StageState): string | undefined {
  const neededBy = new Map<StageState, StageState>([[source, stage]]);
  for (const state of neededBy.keys()) {
    for (const { needed } of needsOf(state)) {
      if (needed === stage) {
        const circle = [stage];
        for (let at = state; at !== stage; at = neededBy.get(at) ?? stage) circle.unshift(at);
        return circleText([stage, ...circle]);
      }
      if (!neededBy.has(needed)) neededBy.set(needed, state);
    }
  }
  return undefined;
}

function circleText(stages: readonly StageState[]): string {
  return `stages need each other in a circle: ${stages.map((it) => it.name ?? `stage ${it.index}`).join(' -> ')}`;
}

interface Need {
  readonly needed: StageState;
  readonly place: Place;
}

function needsOf(state: StageState): readonly Need[] {
  return [...(state.base === undefined ? [] : [{ needed: state.base, place: state.place }]), ...sourcesOf(state)];
}

function sourcesOf(state: StageState): readonly Need[] {
  return state.instructions.flatMap(({ instruction, sources }) =>
    sources.flatMap((needed, at) => (needed === undefined ? [] : [{ needed, place: placeOfSource(instruction, at) }])),
  );
}
