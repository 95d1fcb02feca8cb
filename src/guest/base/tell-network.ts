import { withDeadline } from '../../base/abort.ts';
import type { Emitter } from '../../base/events.ts';
import { lastLines } from '../../base/last-lines.ts';
import { quoteWord } from '../../base/quote-command.ts';
import type { BaseSession } from './base-session.ts';
import { type DecidedNetwork, networkScript } from './network-script.ts';

/** An emulated guest that is still busy with its boot is slow. */
const deadlineMs = 120_000;
const maxFaults = 20;

/**
 * Gives a base that its kernel booted directly what `ip=` could not say: the MTU, more addresses and routes, the name
 * servers. What can not be set is named in a warning. Throws TIMEOUT, SSH_FAILED, VM_ENDED, ABORTED.
 */
export async function tellNetwork(
  session: Pick<BaseSession, 'exec'>,
  network: DecidedNetwork,
  { user, emitter, signal }: { readonly user: string; readonly emitter: Emitter; readonly signal: AbortSignal },
): Promise<void> {
  const asked = session.exec(rootCommand(networkScript(network), user), { signal });
  const doing = 'telling the base its network over SSH';
  const { exitCode, stdout, stderr } = await withDeadline(asked, { ms: deadlineMs, doing, signal });
  const why = lastLines(stderr, 1)[0] ?? `its shell ended with ${exitCode ?? 'a signal'}`;
  const faults = [
    ...lastLines(stdout, maxFaults),
    ...(exitCode === 0 ? [] : [`all but its first address and gateway (${why})`]),
  ];
  if (faults.length === 0) return;
  emitter.message('warn', `the base could not be given all of its network; it lacks ${faults.join(', ')}`);
}

/** A script for root as a command line of the login user. */
export function rootCommand(script: string, user: string): string {
  return `${user === 'root' ? '' : 'sudo -n '}sh -c ${quoteWord(script)}`;
}
