import { describe, expect, it } from 'vitest';
import type { VmHealth } from '../../../../src/runtime/record/vm-state.ts';
import { healthCommand, watchHealth } from '../../../../src/runtime/shim/watch-health.ts';

const ms = 1e6;

async function statuses(codes: readonly (number | 'hang')[], check: object): Promise<string[]> {
  const seen: VmHealth[] = [];
  const over = new AbortController();
  let index = 0;
  await watchHealth({
    check: { Interval: ms, Timeout: 20 * ms, Retries: 2, ...check },
    command: ['test'],
    probe: async (_, signal) => {
      const code = codes[index++];
      if (code !== 'hang') return { exitCode: code ?? 0, output: `${index}` };
      return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('late'))));
    },
    onChange: async (health) => {
      seen.push(health);
      if (seen.length > codes.length) over.abort();
    },
    signal: over.signal,
  });
  return seen.map(({ status, failingStreak }) => `${status} ${failingStreak}`);
}

describe('watchHealth', () => {
  it('counts failures in a row', async () => {
    const seen = await statuses([0, 1, 0, 1, 1, 1, 0], {});
    const [first, ...rest] = seen;
    expect(first).toBe('starting 0');
    expect(rest).toEqual([
      'healthy 0',
      'healthy 1',
      'healthy 0',
      'healthy 1',
      'unhealthy 2',
      'unhealthy 3',
      'healthy 0',
    ]);
  });

  it('excuses failures of the start period', async () => {
    expect(await statuses([1, 1, 1], { StartPeriod: 60_000 * ms })).toEqual(Array(4).fill('starting 0'));
    expect(await statuses([1, 0, 1], { StartPeriod: 60_000 * ms })).toEqual([
      'starting 0',
      'starting 0',
      'healthy 0',
      'healthy 1',
    ]);
  });

  it('takes a test that does not end for a failure', async () => {
    expect(await statuses(['hang', 'hang'], {})).toEqual(['starting 0', 'starting 1', 'unhealthy 2']);
  });
});

describe('healthCommand', () => {
  const shell = ['/bin/sh', '-c'];
  it('reads both forms, and NONE', () => {
    expect(healthCommand({ Test: ['CMD', 'a', 'b'] }, shell)).toEqual(['a', 'b']);
    expect(healthCommand({ Test: ['CMD-SHELL', 'a | b'] }, shell)).toEqual(['/bin/sh', '-c', 'a | b']);
    expect(healthCommand({ Test: ['NONE'] }, shell)).toBeUndefined();
    expect(healthCommand({}, shell)).toBeUndefined();
    expect(healthCommand(undefined, shell)).toBeUndefined();
  });
});
