import { delay } from './abort.ts';

const shortestMs = 5;
const longestMs = 500;

/**
 * Waits before something is asked again: a tenth of the time since `started` (of performance.now()). Who has waited long
 * asks seldom, so that many who wait at once leave the processor to what they wait for. Throws ABORTED.
 */
export async function pauseSince(started: number, signal?: AbortSignal): Promise<void> {
  const waitedMs = performance.now() - started;
  await delay(Math.min(Math.max(waitedMs / 10, shortestMs), longestMs), signal);
}
