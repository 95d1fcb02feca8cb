import type { GitNode } from '../graph/node.ts';
import type { FetchOptions, GitFetcher } from '../ops/environment.ts';
import { type Checkout, checkOut } from '../source/git/checkout.ts';
import { type ResolvedRef, resolveRef } from '../source/git/resolve-ref.ts';
import { withoutCredentials } from '../source/git/run-git.ts';
import type { FileDigests } from '../source/local/host-file.ts';
import { openLocalContext } from '../source/local/local-context.ts';
import type { gitFolders } from './source-opener.ts';

/** Nobody reads the files of a checkout twice. */
const noDigests: FileDigests = { find: () => undefined, remember: () => {} };

export function createGitFetcher(folders: ReturnType<typeof gitFolders>): GitFetcher {
  const layOut = async (node: GitNode, ref: ResolvedRef, { signal, emitter }: FetchOptions): Promise<Checkout> => {
    const { remote, subdir, keepGitDir, submodules, checksum } = node;
    return await checkOut(
      { remote, ref, subdir, keepGitDir, submodules, checksum },
      {
        ...folders,
        onWait: (holder) =>
          emitter.message('info', `waiting for ${holder}, which fetches ${withoutCredentials(remote)}`),
        signal,
      },
    );
  };

  // What a ref was while the build resolved it.
  const resolved = new Map<GitNode, ResolvedRef>();

  return {
    resolve: async (node, options) => {
      const wanted = node.fetchByCommit ? (node.checksum ?? node.ref) : node.ref;
      const ref = await resolveRef(node.remote, wanted, { signal: options.signal });
      resolved.set(node, ref);
      const isChecked = ref.commit?.startsWith(node.checksum?.toLowerCase() ?? '') === true;
      if (ref.commit !== undefined && isChecked) return ref.commit;
      // An abbreviated commit is completed by fetching it, and a checksum that does not fit is told by that.
      await using checkout = await layOut(node, ref, options);
      return checkout.commit;
    },
    checkout: async (node, commit, options) => {
      const checkout = await layOut(node, { commit, fetch: resolved.get(node)?.fetch ?? commit }, options);
      const mtimeSec = node.times === 'commit' ? checkout.time : Math.floor(Date.now() / 1000);
      const description = `${withoutCredentials(node.remote)} at ${commit}`;
      const { folder: root } = checkout;
      return {
        source: openLocalContext({ root, description, ignore: undefined, digests: noDigests, normal: { mtimeSec } }),
        [Symbol.asyncDispose]: async () => await checkout[Symbol.asyncDispose](),
      };
    },
  };
}
