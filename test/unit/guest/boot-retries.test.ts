import { describe, expect, it } from 'vitest';
import { FirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { silentEmitter } from '../../../src/base/events.ts';
import { withBootRetries } from '../../../src/guest/boot-retries.ts';
import { createFakeDriver } from '../../../src/vm/fake/fake-driver.ts';
import { createScriptedGuest } from '../../support/fake-guest.ts';

const hang = () => new FirekilnError('GUEST_BOOT_FAILED', 'the machine did not come up');

describe('a guest that does not come up', () => {
  const run = async (failures: readonly Error[], options: { accelerated: boolean; signal?: AbortSignal }) => {
    const { accelerated, signal } = options;
    const driver = createFakeDriver(createScriptedGuest, { accelerated });
    const deadlines: (number | undefined)[] = [];
    const result = await withBootRetries({ driver, emitter: silentEmitter, signal }, async (ms) => {
      const failure = failures[deadlines.length];
      deadlines.push(ms);
      if (failure !== undefined) throw failure;
      return 'up';
    }).catch((error: unknown) => error);
    return { result, deadlines };
  };

  it('is given two more tries where it is emulated, the first with a short deadline', async () => {
    expect(await run([hang(), hang()], { accelerated: false })).toEqual({
      result: 'up',
      deadlines: [45_000, undefined, undefined],
    });
    const { result, deadlines } = await run([hang(), hang(), hang()], { accelerated: false });
    expect(result).toMatchObject({ code: 'GUEST_BOOT_FAILED' });
    expect(deadlines).toHaveLength(3);
  });

  it('fails at once on real hardware, for another reason, or after an abort', async () => {
    expect((await run([hang()], { accelerated: true })).deadlines).toEqual([undefined]);
    const other = new FirekilnError('VM_START_FAILED', 'no kernel');
    expect(await run([other], { accelerated: false })).toEqual({ result: other, deadlines: [45_000] });
    expect((await run([hang()], { accelerated: false, signal: AbortSignal.abort() })).deadlines).toHaveLength(1);
  });
});
