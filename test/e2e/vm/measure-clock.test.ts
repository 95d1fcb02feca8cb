import { expect, it } from 'vitest';
import { tryProcess } from '../../../src/base/process.ts';
import { byGuest } from '../../../src/vm/qemu/measure-clock.ts';
import { describeWithTools, findTool } from '../../support/tools.ts';

describeWithTools(['qemu-system-x86_64'], 'the clock rate of this host', () => {
  it('is what its kernel found, also when every processor is busy', async () => {
    const log = (await tryProcess('dmesg', {})).stdout.toString();
    const known = /tsc: Detected (\d+)\.(\d{3}) MHz/.exec(log);
    const busy = new AbortController();
    const spin = Array.from({ length: 4 }, () =>
      tryProcess(process.execPath, { args: ['-e', 'for (;;);'], signal: busy.signal, killAfterMs: 10 }).catch(() => {}),
    );
    try {
      const khz = await byGuest({ binary: findTool('qemu-system-x86_64') ?? '' });
      expect(khz).toBeGreaterThan(100_000);
      if (known !== null) expect(Math.abs(khz / Number(`${known[1]}${known[2]}`) - 1)).toBeLessThan(1e-3);
    } finally {
      busy.abort();
      await Promise.all(spin);
    }
  });
});
