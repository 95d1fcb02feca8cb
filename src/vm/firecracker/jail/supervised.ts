import { quoteCommand } from '../../../base/quote-command.ts';
import type { BindMount } from './expose-file.ts';

/** Exit code of {@link supervised} if a file could not be mounted. */
const mountFailed = 70;

/**
 * A command in a PID and a mount namespace of its own, that ends with this process.
 *
 * A process loses its PR_SET_PDEATHSIG when it changes its user (commit_creds() of the kernel), as the jailer does. But
 * the kernel ends all of a PID namespace with its first process, which stays root here: a shell that waits for the
 * command. With the mount namespace go its mounts, whatever is killed.
 */
export function supervised(
  mounts: readonly BindMount[],
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const lines = mounts.map(({ source, target, readOnly }) => {
    return `${quoteCommand('mount', ['-o', readOnly ? 'bind,ro' : 'bind', '--', source, target])} || exit ${mountFailed}`;
  });
  const script = [...lines, `${quoteCommand(command, args)} &`, 'wait $!'].join('\n');
  const unshare = ['--mount', '--propagation', 'slave', '--pid', '--fork', '--kill-child'];
  return { command: 'unshare', args: [...unshare, '--', 'sh', '-c', script] };
}
