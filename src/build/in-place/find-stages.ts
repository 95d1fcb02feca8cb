import { inputsOf } from '../../graph/graph-builder.ts';
import type { BuildGraph, ExecNode, FileNode, ImageNode, MergeNode, NodeId } from '../../graph/node.ts';

export type StageStep = FileNode | ExecNode | MergeNode;

/** A chain of steps over an image whose result something else needs: built in place, in one VM, in order. */
export interface InPlaceStage {
  /** The node whose file system is the result. */
  readonly end: NodeId;
  readonly base: { readonly id: NodeId; readonly node: ImageNode };
  readonly steps: readonly { readonly id: NodeId; readonly node: StageStep }[];
  readonly isTarget: boolean;
}

/**
 * The stages of a plan that are built in place: the target, if it starts from an image, and what else starts from an image
 * that `isBase` takes. What only leads to another step of the same stage is part of that stage.
 */
export function findStages(graph: BuildGraph, isBase: (node: ImageNode) => boolean): ReadonlyMap<NodeId, InPlaceStage> {
  const stages = new Map<NodeId, InPlaceStage>();
  for (const end of ends(graph)) {
    const isTarget = end === graph.target;
    const stage = chainOf(graph, end);
    if (stage === undefined || (stage.steps.length === 0 && !isTarget)) continue;
    if (isTarget || isBase(stage.base.node)) stages.set(end, { ...stage, end, isTarget });
  }
  return stages;
}

/** The target, and all nodes that are copied from or mounted. */
function ends({ nodes, target }: BuildGraph): ReadonlySet<NodeId> {
  const found = new Set<NodeId>([target]);
  for (const node of nodes.values()) {
    const inputs = inputsOf(node);
    for (const input of 'base' in node ? inputs.slice(1) : inputs) found.add(input);
  }
  return found;
}

function chainOf({ nodes }: BuildGraph, end: NodeId): Pick<InPlaceStage, 'base' | 'steps'> | undefined {
  const steps: { id: NodeId; node: StageStep }[] = [];
  for (let id = end; ; ) {
    const node = nodes.get(id);
    switch (node?.kind) {
      case 'image':
        return { base: { id, node }, steps: steps.reverse() };
      case 'file':
      case 'exec':
      case 'merge':
        steps.push({ id, node });
        id = node.base;
        break;
      default:
        return undefined;
    }
  }
}

/** What a stage needs beside its base, each once: where it copies and mounts from. */
export function otherInputs({ steps }: InPlaceStage): readonly NodeId[] {
  return [...new Set(steps.flatMap(({ node }) => inputsOf(node).slice(1)))];
}
