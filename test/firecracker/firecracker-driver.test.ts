import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import type { JailOptions } from '../../src/vm/firecracker/jail/jail-options.ts';
import { checkVersions } from '../../src/vm/firecracker/program-version.ts';
import { bedKernel } from '../support/bed-kernel.ts';
import { type DriverFixture, type DriverSuiteOptions, testDriver } from '../support/driver-conformance.ts';
import { jailBelow, leftoversOf } from '../support/firecracker/jail-lab.ts';
import { processesNaming } from '../support/processes.ts';
import { makeTestGuest } from '../support/test-guest/test-guest.ts';
import { findTool } from '../support/tools.ts';

// Each byte is an exit of a guest that is itself in an emulated one. What is kept of a console, no driver decides.
const except: DriverSuiteOptions['except'] =
  process.env.FIREKILN_TEST_BED === '1' ? { 'console-flood': 'takes minutes under two levels of emulation' } : {};

// The jail is what differs; without it probe-kvm.test.ts boots a guest too.
if (process.env.FIREKILN_TEST_FULL === '1' || process.getuid?.() !== 0) {
  testDriver({
    name: 'firecracker',
    runRoot: tmpdir(),
    fixture: async () => await fixtureOf(undefined, async (id) => await processesNaming(id)),
    except,
  });
}

testDriver({
  name: 'firecracker in a jail',
  runRoot: tmpdir(),
  fixture: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fkj-'));
    const jail = jailBelow(folder);
    const fixture = await fixtureOf(jail, async (id) => await leftoversOf(id, jail));
    return {
      ...fixture,
      [Symbol.asyncDispose]: async () => {
        await fixture[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  except,
});

async function fixtureOf(
  jail: JailOptions | undefined,
  leftovers: (machineId: string) => Promise<readonly string[]>,
): Promise<DriverFixture> {
  const kernel = await bedKernel();
  const guest = await makeTestGuest(kernel.modules);
  const binary = findTool('firecracker') ?? '';
  const version = await checkVersions(binary, undefined);
  return {
    driver: createFirecrackerDriver({ binary, jail }),
    pauseFault: /^1\.16\.[01]$/.test(version) ? `in Firecracker ${version} no guest can be reached` : undefined,
    guest: async () => ({
      kernel,
      initrds: [guest.initrd],
      kernelArgs: [],
      ready: guest.ready,
      bootMs: 180_000,
      connect: async (stream) => await guest.connect(stream),
    }),
    leftovers,
    [Symbol.asyncDispose]: async () => {
      await guest[Symbol.asyncDispose]();
      await kernel[Symbol.asyncDispose]();
    },
  };
}
