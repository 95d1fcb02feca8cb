import { afterEach, expect, it } from 'vitest';
import { type RunningProcess, startProcess } from '../../../src/base/process.ts';
import { PowerOffWatch } from '../../../src/vm/power-off-watch.ts';

const words = Buffer.from('[    1.234567] reboot: Power off not available: System halted instead\r\n');
let running: RunningProcess | undefined;

afterEach(async () => await running?.stop());

async function pidOf(command: string, args: readonly string[]): Promise<number> {
  running = await startProcess(command, { args });
  return running.pid;
}

it('believes a kernel whose processors have stopped', async () => {
  const watch = new PowerOffWatch();
  const off = watch.isOff(await pidOf('sleep', ['60']), AbortSignal.timeout(30_000));
  watch.hear(words.subarray(0, 30));
  watch.hear(words.subarray(30));
  expect(await off).toBe(true);
});

it('believes no words while the processors work, nor words that others follow, nor silence', async () => {
  const busy = new PowerOffWatch();
  busy.hear(words);
  expect(await busy.isOff(await pidOf('sh', ['-c', 'while :; do :; done']), AbortSignal.timeout(3500))).toBe(false);
  await running?.stop();
  const idle = await pidOf('sleep', ['60']);
  const talking = new PowerOffWatch();
  talking.hear(Buffer.concat([words, Buffer.from('and so on\n')]));
  const silent = new PowerOffWatch();
  const signal = AbortSignal.timeout(2500);
  expect(await Promise.all([talking.isOff(idle, signal), silent.isOff(idle, signal)])).toEqual([false, false]);
});
