import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../base/abort.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { systemCode } from '../base/system-error.ts';
import { tryShimLock } from './record/observe-state.ts';
import type { VmFolder } from './record/vm-folder.ts';
import type { Vm } from './record/vm-registry.ts';

/** From its last word, or from SIGTERM, until a shim has gone. */
const shimEndsWithinMs = 60_000;

/** Ends a shim that can't be talked to, and its VM with it; resolves when it has gone. */
export async function endShim({ folder, state }: Vm, signal: AbortSignal | undefined): Promise<void> {
  const kill = (name: NodeJS.Signals) => {
    try {
      // The lock is held, so the process is the one that wrote its id.
      if (state.shimPid !== undefined) process.kill(state.shimPid, name);
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  };
  kill('SIGTERM');
  try {
    await shimGone(folder, signal);
  } catch (error) {
    if (!isFirekilnError(error, 'TIMEOUT')) throw error;
    kill('SIGKILL');
    await shimGone(folder, signal);
  }
}

/** Resolves when the shim has ended, which is when its lock is free or its VM removed. Throws TIMEOUT. */
export async function shimGone(folder: VmFolder, signal: AbortSignal | undefined): Promise<void> {
  const over = new AbortController();
  const gone = async () => {
    while (!over.signal.aborted) {
      const lock = await tryShimLock(folder).catch(() => undefined);
      if (lock === 'gone') return;
      if (lock !== undefined) {
        await lock[Symbol.asyncDispose]();
        return;
      }
      await sleep(20);
    }
  };
  try {
    await withDeadline(gone(), { ms: shimEndsWithinMs, doing: 'waiting for the end of the shim', signal });
  } finally {
    over.abort();
  }
}
