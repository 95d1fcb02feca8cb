import { quoteCommand } from '../base/quote-command.ts';
import type { Guest, GuestExit } from './guest.ts';

/**
 * Makes a program of the file system at `/run/firekiln/vm/root` of a guest its process 1 (guest/run/hand-over.sh). Exit
 * code 3: there is no such program. On the standard output are the accounts, as guest/run/accounts.sh gives them.
 */
export async function handOver(
  guest: Guest,
  options: {
    /** A program, and its arguments. */
    readonly args: readonly string[];
    /** `NAME=value`. */
    readonly env: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<GuestExit> {
  const { args, env, signal } = options;
  const words = quoteCommand('set', ['--', ...env, '/bin/busybox', 'chroot', '.', ...args]);
  return await guest.exec(quoteCommand('exec', ['sh', '/firekiln/run/hand-over.sh', args[0] ?? '']), {
    stdin: Buffer.from(`${words}\n`),
    signal,
  });
}
