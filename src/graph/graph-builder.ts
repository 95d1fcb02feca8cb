import { digestOfValue } from '../base/digest.ts';
import type { BuildGraph, GraphNode, NodeId, NodeInfo } from './node.ts';

/** Collects nodes; what is added twice is kept once, under the info of its first mention. */
export class GraphBuilder {
  readonly #nodes = new Map<NodeId, GraphNode>();
  readonly #info = new Map<NodeId, NodeInfo>();

  /** Inputs must have been added before: a graph can't have cycles. */
  add(node: GraphNode, info: NodeInfo): NodeId {
    const id = digestOfValue(node);
    if (this.#nodes.has(id)) return id;
    for (const input of inputsOf(node)) {
      if (!this.#nodes.has(input)) throw new Error(`input ${input} of a ${node.kind} node is not in the graph`);
    }
    this.#nodes.set(id, deepFreeze(node));
    this.#info.set(id, Object.freeze(info));
    return id;
  }

  /** The graph of what `target` needs, and no more. */
  finish(target: NodeId): BuildGraph {
    const needed = new Set<NodeId>();
    const open = [target];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (needed.has(id)) continue;
      needed.add(id);
      const node = this.#nodes.get(id);
      if (node === undefined) throw new Error(`node ${id} is not in the graph`);
      open.push(...inputsOf(node));
    }
    const keep = <T>(map: ReadonlyMap<NodeId, T>) => new Map([...map].filter(([id]) => needed.has(id)));
    return Object.freeze({ nodes: keep(this.#nodes), info: keep(this.#info), target });
  }
}

/** The nodes that a node needs, the base first, each as often as it is named. */
export function inputsOf(node: GraphNode): readonly NodeId[] {
  switch (node.kind) {
    case 'scratch':
    case 'image':
    case 'http':
    case 'git':
      return [];
    case 'file':
      return [
        node.base,
        ...node.actions.flatMap((action) =>
          action.action === 'copy' && action.from.type === 'node' ? [action.from.node] : [],
        ),
      ];
    case 'exec':
      return [
        node.base,
        ...node.mounts.flatMap((mount) =>
          (mount.type === 'bind' || mount.type === 'cache') && mount.from !== undefined ? [mount.from] : [],
        ),
      ];
    case 'merge':
      return [node.base, node.upper];
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const member of members) if (typeof member === 'object') deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
