import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pauseSince } from '../../../src/base/pause-since.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

async function pauseAfter(waitedMs: number): Promise<number> {
  const now = performance.now();
  const pause = pauseSince(now - waitedMs);
  await vi.runAllTimersAsync();
  await pause;
  return performance.now() - now;
}

it('is a tenth of what has been waited, neither nothing nor long', async () => {
  expect(await pauseAfter(0)).toBe(5);
  expect(await pauseAfter(1000)).toBe(100);
  expect(await pauseAfter(60_000)).toBe(500);
});

it('ends with its signal', async () => {
  await expect(pauseSince(performance.now(), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
});
