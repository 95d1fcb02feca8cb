import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackKernel } from '../../src/formats/kernel/unpack-kernel.ts';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import { testDriver } from '../support/driver-conformance.ts';
import { processesNaming } from '../support/processes.ts';
import { makeTestGuest } from '../support/test-guest/test-guest.ts';
import { findTool } from '../support/tools.ts';

testDriver({
  name: 'firecracker',
  runRoot: tmpdir(),
  fixture: async () => {
    const [release = ''] = await readdir('/usr/lib/modules');
    const folder = await mkdtemp(join(tmpdir(), 'fkf-'));
    const vmlinux = join(folder, 'vmlinux');
    await writeFile(
      vmlinux,
      await unpackKernel(await readFile('/boot/vmlinuz'), '/boot/vmlinuz', () => {
        throw new Error('the kernel is packed with a program that is not here');
      }),
    );
    const guest = await makeTestGuest(join('/usr/lib/modules', release));
    return {
      driver: createFirecrackerDriver({ binary: findTool('firecracker') ?? '' }),
      guest: async () => ({
        kernel: { vmlinux },
        initrds: [guest.initrd],
        kernelArgs: [],
        ready: guest.ready,
        bootMs: 180_000,
        connect: async (stream) => await guest.connect(stream),
      }),
      leftovers: async (id) => await processesNaming(id),
      [Symbol.asyncDispose]: async () => {
        await guest[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  // Each byte is an exit of a guest that is itself in an emulated one. What is kept of a console, no driver decides.
  except:
    process.env.FIREKILN_TEST_BED === '1' ? { 'console-flood': 'takes minutes under two levels of emulation' } : {},
});
