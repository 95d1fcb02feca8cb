import type { NetworkAttachment } from '../net/provider.ts';

/** What a VMM has no use for in a user namespace in which it is the superuser. */
const withoutRights = ['setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--'];

/** A command that runs where the tap is: the tap of a network namespace is there for processes in it only. */
export function inNetns(
  network: NetworkAttachment | undefined,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (network?.kind !== 'tap' || network.netnsPath === undefined) return { command, args };
  const { netnsPath, usernsPath } = network;
  const net = `--net=${netnsPath}`;
  if (usernsPath === undefined) return { command: 'nsenter', args: [net, '--', command, ...args] };
  const spaces = [`--user=${usernsPath}`, '--preserve-credentials', net];
  return { command: 'nsenter', args: [...spaces, '--', ...withoutRights, command, ...args] };
}
