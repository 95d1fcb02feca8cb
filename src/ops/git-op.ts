import { emptyByteString } from '../base/byte-string.ts';
import { mergeLayers } from '../formats/tree/merged-tree.ts';
import type { GitNode } from '../graph/node.ts';
import type { Op } from '../solver/op.ts';
import { buildTime, epochPart } from './build-time.ts';
import { emptyChain, type VertexName, withLayer } from './chain.ts';
import type { Chain, OpsEnvironment } from './environment.ts';
import { Copier } from './file/copier.ts';
import { workLayer } from './file/work-layer.ts';
import { WorkTree } from './file/work-tree.ts';
import { keyPart } from './key-part.ts';

/** The files of a commit, known by the commit and not by where it comes from. */
export function gitOp(node: GitNode, vertex: VertexName, environment: OpsEnvironment): Op<Chain> {
  // What it was resolved to while describing is what is checked out.
  let commit: Promise<string> | undefined;
  const { subdir, keepGitDir, submodules, times, remote } = node;
  return {
    describe: async (context) => {
      commit = environment.git.resolve(node, { ...context, node: vertex.id });
      return {
        kind: 'git',
        ...epochPart(environment),
        commit: await commit,
        // With its .git folder the remote is part of the files.
        form: keyPart({ subdir, keepGitDir, submodules, times, ...(keepGitDir ? { remote } : {}) }),
      };
    },
    exec: async (_, { signal, emitter }) => {
      if (commit === undefined) throw new Error('a git node was not described');
      await using checkout = await environment.git.checkout(node, await commit, { node: vertex.id, signal, emitter });
      const work = new WorkTree(mergeLayers([]));
      const options = {
        owner: undefined,
        octalMode: undefined,
        symbolicMode: undefined,
        include: undefined,
        exclude: undefined,
      };
      const copier = new Copier(checkout.source, work, { ...options, time: buildTime(environment) });
      copier.copy(emptyByteString, emptyByteString);
      const tar = workLayer(work, { signal, clampTime: environment.sourceDateEpoch });
      const { diffId } = await environment.store.layers.put(tar, { signal });
      return withLayer(emptyChain, diffId, vertex.name, environment);
    },
  };
}
