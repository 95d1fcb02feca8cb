import type { Vertex } from './op.ts';

/** A vertex as the solver walks it: equal ids are one node. */
export interface GraphVertex<Result> {
  readonly vertex: Vertex<Result>;
  readonly inputs: readonly GraphVertex<Result>[];
  /** The cache can't be asked by definition: the vertex, or one that it depends on, must not be read from it. */
  readonly mustSolveInputs: boolean;
}

/** Everything that a vertex depends on, and itself at the end: inputs come before those who need them. */
export function orderVertices<Result>(target: Vertex<Result>): readonly GraphVertex<Result>[] {
  const made = new Map<string, GraphVertex<Result>>();
  const entered = new Set<string>();
  const open: Vertex<Result>[] = [target];
  // No recursion: a Dockerfile may have 100,000 instructions.
  for (let vertex = open.at(-1); vertex !== undefined; vertex = open.at(-1)) {
    const missing = made.has(vertex.id) ? [] : vertex.inputs.filter(({ id }) => !made.has(id));
    if (missing.length > 0) {
      if (entered.has(vertex.id)) throw new Error(`the graph has a cycle through ${vertex.name}`);
      entered.add(vertex.id);
      open.push(...missing);
      continue;
    }
    open.pop();
    if (made.has(vertex.id)) continue;
    const inputs = vertex.inputs.map(({ id }) => made.get(id) as GraphVertex<Result>);
    const mustSolveInputs = inputs.some((input) => input.vertex.ignoreCache === true || input.mustSolveInputs);
    made.set(vertex.id, { vertex, inputs, mustSolveInputs });
  }
  return [...made.values()];
}

/** True if one of `from` is `sought`, or depends on it. */
export function dependsOn<Result>(from: readonly GraphVertex<Result>[], sought: GraphVertex<Result>): boolean {
  const seen = new Set<GraphVertex<Result>>();
  const open = [...from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === sought) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...node.inputs);
  }
  return false;
}
