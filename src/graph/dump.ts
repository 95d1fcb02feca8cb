import { inputsOf } from './graph-builder.ts';
import type { BuildGraph, NodeId } from './node.ts';

/** The graph as text, inputs before the nodes that need them: for `--check` output, tests and curious people. */
export function dumpGraph(graph: BuildGraph): string {
  const numbers = new Map<NodeId, number>();
  const lines: string[] = [];
  const visit = (id: NodeId): void => {
    if (numbers.has(id)) return;
    const node = graph.nodes.get(id);
    if (node === undefined) throw new Error(`node ${id} is not in the graph`);
    const inputs = inputsOf(node);
    for (const input of inputs) visit(input);
    numbers.set(id, numbers.size + 1);
    const from = inputs.map((input) => `#${numbers.get(input)}`).join(' ');
    lines.push(`#${numbers.size} ${node.kind}${from === '' ? '' : ` <- ${from}`}: ${graph.info.get(id)?.name ?? ''}`);
  };
  visit(graph.target);
  return `${lines.join('\n')}\n`;
}
