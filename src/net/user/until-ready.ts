import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { pauseSince } from '../../base/pause-since.ts';
import type { RunningProcess } from '../../base/process.ts';

const deadlineMs = 20_000;

/** Waits until a program of a VM's network is ready. If it ends before, or takes too long, it is stopped: NETWORK_FAILED. */
export async function untilReady(
  program: RunningProcess,
  options: {
    readonly isReady: () => Promise<boolean>;
    /** What has failed then, and what to do. */
    readonly failure: string;
    readonly hint: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { isReady, failure, hint, signal } = options;
  let isOver = false;
  void program.result.then(() => {
    isOver = true;
  });
  const started = performance.now();
  while (!(await isReady())) {
    if (isOver || performance.now() - started > deadlineMs) {
      const { stderr } = await program.stop();
      throw new FirekilnError('NETWORK_FAILED', failure, {
        hint,
        details: lastLines(stderr, 10).filter((line) => !line.includes('syslog')),
      });
    }
    await pauseSince(started, signal);
  }
}
