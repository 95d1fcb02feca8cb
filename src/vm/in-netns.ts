import type { NetworkAttachment } from '../net/provider.ts';

/** A command that runs where the tap is: the tap of a network namespace is there for processes in it only. */
export function inNetns(
  network: NetworkAttachment | undefined,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (network?.kind !== 'tap' || network.netnsPath === undefined) return { command, args };
  return { command: 'nsenter', args: [`--net=${network.netnsPath}`, '--', command, ...args] };
}
