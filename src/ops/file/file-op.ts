import { setImmediate as nextTurn } from 'node:timers/promises';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { mergeLayers } from '../../formats/tree/merged-tree.ts';
import type { CopyAction, FileAction, FileNode } from '../../graph/node.ts';
import type { KeyParts, Op, OpContext } from '../../solver/op.ts';
import { buildTime, epochPart } from '../build-time.ts';
import { emptyChain, type VertexName, withLayer } from '../chain.ts';
import type { Chain, OpsEnvironment } from '../environment.ts';
import { keyPart } from '../key-part.ts';
import { applyActions } from './apply-actions.ts';
import { ArchiveUnpacker } from './archive-unpacker.ts';
import { refuseNamedOwner } from './base-owner.ts';
import { contentDigest } from './content-digest.ts';
import { contentParts } from './content-parts.ts';
import { copyFilters } from './copy-filters.ts';
import { copiedNodes, FileSources } from './file-sources.ts';
import { leaveOutUnchanged } from './leave-out-unchanged.ts';
import { refuseBadWildcards, selectSources } from './select-sources.ts';
import { workLayer } from './work-layer.ts';
import { WorkTree } from './work-tree.ts';

/** Paths that the sources of one instruction may stand for, one that several stand for counted each time. */
const maxSelected = 500_000;

export interface FileOpOptions {
  /** Of a node, for messages. */
  readonly nameOf: (node: string) => string;
  /** The base is scratch. */
  readonly isOnScratch: boolean;
}

/**
 * `WORKDIR`, `COPY` and `ADD`: host-side work on indexes and bytes. The key tells what is copied by its content, that of
 * contexts before anything is solved, that of stages once they are.
 */
export function fileOp(
  node: FileNode,
  { name, sources: written }: VertexName,
  environment: OpsEnvironment,
  { nameOf, isOnScratch }: FileOpOptions,
): Op<Chain> {
  const copied = copiedNodes(node);
  const openSources = (inputs: readonly Chain[]) =>
    new FileSources(
      environment,
      (id) => ({ chain: inputs[copied.indexOf(id) + 1] ?? emptyChain, name: nameOf(id) }),
      buildTime(environment),
    );

  const digestCopied = async (
    type: 'context' | 'node',
    inputs: readonly Chain[],
    { signal }: OpContext,
  ): Promise<KeyParts> => {
    using sources = openSources(inputs);
    const parts: Record<string, string> = {};
    // Before any is missed.
    for (const action of node.actions) if (action.action === 'copy') refuseBadWildcards(action);
    const wanted = [];
    let count = 0;
    for (const [i, action] of node.actions.entries()) {
      if (action.action !== 'copy' || action.from.type !== type) continue;
      const from = await sources.open(action.from);
      const selected = selectSources(from, action, written?.[i]);
      count += selected.length;
      if (count > maxSelected) throw tooManySelected();
      wanted.push({ i, action, from, selected });
    }
    for (const { i, action, from, selected } of wanted) {
      const content = await contentDigest(from, selected, { ...copyFilters(action), signal });
      Object.assign(parts, contentParts(partName(action, i, node), content));
      // What is known already takes no turn of the event loop, so that nobody would hear of an abort.
      if (i % 100 === 99) await nextTurn();
      signal.throwIfAborted();
    }
    return parts;
  };

  return {
    describe: async (context) => {
      if (isOnScratch) refuseNamedOwner(node.actions[0]?.owner);
      return {
        kind: 'file',
        ...epochPart(environment),
        actions: keyPart(node.actions.map(withoutNodes)),
        ...(await digestCopied('context', [], context)),
      };
    },
    ...(copied.length === 0
      ? {}
      : {
          content: {
            inputs: copied.map((_, i) => i + 1),
            keyParts: async (inputs: readonly Chain[], context: OpContext) =>
              await digestCopied('node', inputs, context),
          },
        }),
    exec: async (inputs, { signal }) => {
      const base = inputs[0] ?? emptyChain;
      using chain = await environment.openChain(base.layers);
      using sources = openSources(inputs);
      await using unpacker = new ArchiveUnpacker(environment.store, signal);
      const work = new WorkTree(mergeLayers(chain.layers));
      await applyActions(work, node.actions, {
        open: async (from) => await sources.open(from),
        unpacker,
        time: buildTime(environment),
        signal,
      });
      const changes = await leaveOutUnchanged([...work.changes()], work.base, signal);
      const tar = workLayer(work, { signal, clampTime: environment.sourceDateEpoch }, changes);
      const { diffId } = await environment.store.layers.put(tar, { signal });
      return withLayer(base, diffId, name, environment);
    },
  };
}

function tooManySelected(): FirekilnError {
  return new FirekilnError(
    'LIMIT_EXCEEDED',
    `the sources of one instruction stand for more than ${maxSelected} paths`,
    {
      hint: 'Copy the folder that they are in, or name each of them once.',
    },
  );
}

/** Inputs have keys of their own. */
function withoutNodes(action: FileAction): unknown {
  if (action.action === 'mkdir' || action.from.type !== 'node') return action;
  return { ...action, from: { type: 'node' } };
}

function partName({ source, from }: CopyAction, position: number, { actions }: FileNode): string {
  const where = from.type === 'context' && from.name !== '' ? ` of context ${from.name}` : '';
  const isOnly = actions.length === 1;
  return `${source}${where}${isOnly ? '' : ` (source ${position + 1})`}`;
}
