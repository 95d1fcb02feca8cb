import type { GitReference } from '../../formats/locator/git-reference.ts';
import type { GitNode } from '../../graph/node.ts';

/** The node that a git reference stands for; submodules come with it unless the reference says no. */
export function gitNode(reference: GitReference): GitNode {
  const { remote, ref, subdir, checksum, keepGitDir, submodules, mtime, fetchByCommit } = reference;
  return {
    kind: 'git',
    remote,
    ...(ref === undefined ? {} : { ref }),
    ...(subdir === undefined ? {} : { subdir }),
    keepGitDir: keepGitDir ?? false,
    submodules: submodules ?? true,
    ...(checksum === undefined ? {} : { checksum }),
    fetchByCommit,
    times: mtime ?? 'commit',
  };
}
