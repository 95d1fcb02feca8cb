import { tmpdir } from 'node:os';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import { bedKernel } from '../support/bed-kernel.ts';
import { testDriver } from '../support/driver-conformance.ts';
import { processesNaming } from '../support/processes.ts';
import { makeTestGuest } from '../support/test-guest/test-guest.ts';
import { findTool } from '../support/tools.ts';

testDriver({
  name: 'firecracker',
  runRoot: tmpdir(),
  fixture: async () => {
    const kernel = await bedKernel();
    const guest = await makeTestGuest(kernel.modules);
    return {
      driver: createFirecrackerDriver({ binary: findTool('firecracker') ?? '' }),
      guest: async () => ({
        kernel,
        initrds: [guest.initrd],
        kernelArgs: [],
        ready: guest.ready,
        bootMs: 180_000,
        connect: async (stream) => await guest.connect(stream),
      }),
      leftovers: async (id) => await processesNaming(id),
      [Symbol.asyncDispose]: async () => {
        await guest[Symbol.asyncDispose]();
        await kernel[Symbol.asyncDispose]();
      },
    };
  },
  // Each byte is an exit of a guest that is itself in an emulated one. What is kept of a console, no driver decides.
  except:
    process.env.FIREKILN_TEST_BED === '1' ? { 'console-flood': 'takes minutes under two levels of emulation' } : {},
});
