import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { bootGuest } from '../../../src/guest/boot-guest.ts';
import type { BootOptions } from '../../../src/guest/guest.ts';
import { createFakeDriver, type FakeHands } from '../../../src/vm/fake/fake-driver.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

/** Boots a guest that behaves as told and never answers on its control port. */
async function boot(behave: (hands: FakeHands) => void, change: Partial<BootOptions> = {}): Promise<unknown> {
  return await bootGuest({
    driver: createFakeDriver(() => ({ boot: (hands) => setImmediate(() => behave(hands)), serve: () => {} })),
    appliance: {
      digest: `sha256:${'0'.repeat(64)}`,
      kernel: { vmlinux: '/k' },
      release: '6',
      initrd: '/i',
      modules: undefined,
    },
    id: 'box',
    purpose: 'build',
    vcpus: 1,
    memoryMiB: 128,
    drives: [],
    network: undefined,
    hostname: 'box',
    runDir: folder.path,
    emitter: silentEmitter,
    ...change,
  }).catch((error: unknown) => error);
}

it('a guest that says why it failed: the reason and its last stage are told', async () => {
  const error = await boot((hands) => {
    hands.console('firekiln: stage mounts\r\nfirekiln: stage mod');
    hands.console('ules at 1.20 s\r\nfirekiln: failed: module x can not be loaded\r\n');
  });
  expect(error).toMatchObject({
    code: 'GUEST_BOOT_FAILED',
    message: expect.stringMatching(/last stage: modules at 1.20 s; the guest says: module x can not be loaded$/),
  });
  expect(await readdir(folder.path)).toEqual([]);
});

it('a kernel that panics: how it ended and its console are told', async () => {
  const error = await boot((hands) => {
    hands.console('Kernel panic - not syncing: no init\n');
    hands.end('panic', 'Kernel panic - not syncing: no init');
  });
  expect(error).toMatchObject({
    code: 'GUEST_BOOT_FAILED',
    message: expect.stringMatching(/last stage: kernel; it ended: Kernel panic/),
    details: ['Kernel panic - not syncing: no init'],
  });
});

it('a guest that is ready but does not answer, and a silent one, run into the deadline', async () => {
  const silent = await boot(() => {}, { bootTimeoutMs: 50 });
  expect(silent).toMatchObject({ code: 'GUEST_BOOT_FAILED', details: ['(nothing on its console)'] });
  const mute = await boot((hands) => hands.console('firekiln: stage ready\nfirekiln: ready\n'), { bootTimeoutMs: 50 });
  expect(mute).toMatchObject({
    message: expect.stringMatching(/last stage: ready; no answer within 0.05 s/),
    hint: expect.stringContaining('boot_seconds below [vm]'),
  });
  expect(await readdir(folder.path)).toEqual([]);
});

it('an abort, before and during a boot, is ABORTED', async () => {
  expect(await boot(() => {}, { signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' });
  const abort = new AbortController();
  expect(await boot(() => abort.abort(), { signal: abort.signal })).toMatchObject({ code: 'ABORTED' });
  expect(await readdir(folder.path)).toEqual([]);
});
