import { tmpdir } from 'node:os';
import { findProgram } from '../../../src/base/process.ts';
import { createQemuDriver } from '../../../src/vm/qemu/qemu-driver.ts';
import { testDriver } from '../../support/driver-conformance.ts';
import { debianKernel } from '../../support/guest-kernel/debian-kernel.ts';
import { processesNaming } from '../../support/processes.ts';
import { makeTestGuest } from '../../support/test-guest/test-guest.ts';
import { describeWithTools } from '../../support/tools.ts';

describeWithTools(['qemu-system-x86_64', 'busybox', 'dropbear', 'dropbearkey', 'socat'], 'QEMU', () => {
  testDriver({
    name: 'qemu',
    runRoot: tmpdir(),
    fixture: async () => {
      const kernel = await debianKernel();
      const guest = await makeTestGuest(kernel.modules);
      const binary = await findProgram('qemu-system-x86_64');
      return {
        driver: createQemuDriver({ binary: binary ?? '', acceleration: { kind: 'tcg', tscKhz: 2_000_000 } }),
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
  });
});
