import { inputsOf } from '../graph/graph-builder.ts';
import type { BuildGraph, ExecNode, GraphNode, NodeId } from '../graph/node.ts';
import type { BatchKind, Op, Vertex } from '../solver/op.ts';
import type { VertexName } from './chain.ts';
import type { Chain, OpsEnvironment } from './environment.ts';
import { execBatch, execOp } from './exec/exec-op.ts';
import { fileOp } from './file/file-op.ts';
import { gitOp } from './git-op.ts';
import { httpOp } from './http-op.ts';
import { imageOp } from './image-op.ts';
import { mergeOp } from './merge-op.ts';
import { scratchOp } from './scratch-op.ts';

/** @param vertices Of all nodes that the node depends on. */
export type InsteadOf = (
  id: NodeId,
  vertex: Vertex<Chain>,
  vertices: ReadonlyMap<string, Vertex<Chain>>,
) => Vertex<Chain> | undefined;

/**
 * The target of a build graph as work for the solver; vertices have the ids of their nodes.
 *
 * @param instead Gives another vertex for a node.
 */
export function graphVertices(
  graph: BuildGraph,
  environment: OpsEnvironment,
  instead: InsteadOf = () => undefined,
): Vertex<Chain> {
  const nodeOf = (id: string): GraphNode => {
    const node = graph.nodes.get(id as NodeId);
    if (node === undefined) throw new Error(`node ${id} is not in the graph`);
    return node;
  };
  const nameOf = (id: string) => graph.info.get(id as NodeId)?.name ?? id;
  const batch = execBatch(environment, (id) => ({ vertex: { id, name: nameOf(id) }, node: nodeOf(id) as ExecNode }));
  const vertices = new Map<string, Vertex<Chain>>();
  // A graph's nodes stand in an order in which inputs come first: no recursion, for chains may be long.
  for (const [id, node] of graph.nodes) {
    const inputs = inputsOf(node).map((input) => vertices.get(input) ?? unordered(id));
    const vertexName = { id, name: nameOf(id), sources: graph.info.get(id)?.sources };
    const op = opOf(node, vertexName, { environment, batch, nameOf, nodeOf });
    const ignoreCache = graph.info.get(id)?.ignoreCache === true;
    const vertex = { id, name: nameOf(id), inputs, op, ...(ignoreCache ? { ignoreCache } : {}) };
    vertices.set(id, instead(id, vertex, vertices) ?? vertex);
  }
  return vertices.get(graph.target) ?? unordered(graph.target);
}

interface OpParts {
  readonly environment: OpsEnvironment;
  readonly batch: BatchKind<Chain>;
  readonly nameOf: (id: string) => string;
  readonly nodeOf: (id: string) => GraphNode;
}

function opOf(node: GraphNode, vertex: VertexName, { environment, batch, nameOf, nodeOf }: OpParts): Op<Chain> {
  switch (node.kind) {
    case 'scratch':
      return scratchOp;
    case 'image':
      return imageOp(node, vertex.id, environment);
    case 'http':
      return httpOp(node, vertex, environment);
    case 'git':
      return gitOp(node, vertex, environment);
    case 'file':
      return fileOp(node, vertex, environment, { nameOf, isOnScratch: nodeOf(node.base).kind === 'scratch' });
    case 'exec':
      return execOp(node, vertex, environment, batch);
    case 'merge':
      return mergeOp;
  }
}

function unordered(id: string): never {
  throw new Error(`node ${id} stands before one of its inputs`);
}
