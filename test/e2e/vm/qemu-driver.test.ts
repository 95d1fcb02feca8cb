import { tmpdir } from 'node:os';
import { testDriver } from '../../support/driver-conformance.ts';
import { processesNaming } from '../../support/processes.ts';
import { qemuForTests } from '../../support/test-guest/qemu-for-tests.ts';
import { guestTools, makeTestGuest } from '../../support/test-guest/test-guest.ts';
import { describeWithTools } from '../../support/tools.ts';

describeWithTools(['qemu-system-x86_64', ...guestTools], 'QEMU', () => {
  testDriver({
    name: 'qemu',
    runRoot: tmpdir(),
    fixture: async () => {
      const { driver, kernel } = await qemuForTests();
      const guest = await makeTestGuest(kernel.modules);
      return {
        driver,
        guest: async () => ({
          kernel: { vmlinux: '/nowhere', bzImage: kernel.vmlinuz },
          initrds: [guest.initrd],
          kernelArgs: [],
          ready: guest.ready,
          bootMs: 120_000,
          connect: async (stream) => await guest.connect(stream),
        }),
        leftovers: async (id) => await processesNaming(`firekiln-${id}`),
        [Symbol.asyncDispose]: async () => await guest[Symbol.asyncDispose](),
      };
    },
    except: { snapshot: 'it has none' },
  });
});
