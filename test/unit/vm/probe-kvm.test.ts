import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFakeDriver, type FakeHands } from '../../../src/vm/fake/fake-driver.ts';
import { type ProbeKvmOptions, whyNoKvm } from '../../../src/vm/probe-kvm.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

describe('whyNoKvm', () => {
  const folder = useTemporaryFolder();
  let boots = 0;
  const probe = async (boot: (hands: FakeHands) => void, change: Partial<ProbeKvmOptions> = {}) =>
    await whyNoKvm({
      driver: createFakeDriver(() => ({
        boot: (hands) => {
          boots++;
          boot(hands);
        },
        serve: () => {},
      })),
      binary: process.execPath,
      kernel: { vmlinux: '/nowhere' },
      kernelDigest: 'sha256:1',
      folder: folder.path,
      device: '/dev/null',
      deadlineMs: 200,
      ...change,
    });
  const through = (hands: FakeHands) => hands.end('panic', 'Kernel panic - not syncing: VFS: Unable to mount root fs');

  it('is content when the kernel comes to where it needs a root', async () => {
    expect(await probe(through)).toBeUndefined();
  });

  it.each<[string, (hands: FakeHands) => void, RegExp]>([
    ['hangs', () => {}, /did not boot within 0.2 s/],
    ['crashes its VMM', (hands) => hands.end('vmm-failed', 'VMM ended with signal SIGABRT: a.c:1'), /SIGABRT$/],
    ['panics early', (hands) => hands.end('panic', 'Kernel panic - not syncing: Fatal exception'), /Kernel panic/],
    ['resets', (hands) => hands.end('guest', 'the guest ended the machine'), /guest ended/],
  ])('says so when the guest %s', async (_, boot, reason) => {
    expect(await probe(boot)).toMatch(reason);
  });

  it('tries once per kernel, and again when asked to', async () => {
    boots = 0;
    expect(await probe(() => {})).toMatch(/did not boot/);
    expect(await probe(through)).toMatch(/did not boot/);
    expect(boots).toBe(1);
    expect(await probe(through, { fresh: true })).toBeUndefined();
    expect(await probe(() => {})).toBeUndefined();
    expect(await probe(through, { kernelDigest: 'sha256:2' })).toBeUndefined();
    expect(boots).toBe(3);
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.json'))).toHaveLength(1);
  });

  it('boots nothing where the device is missing', async () => {
    boots = 0;
    expect(await probe(through, { device: join(folder.path, 'kvm') })).toMatch(/there is no/);
    expect(boots).toBe(0);
  });
});
