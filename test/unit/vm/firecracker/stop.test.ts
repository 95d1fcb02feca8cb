import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../../src/base/events.ts';
import { quoteCommand } from '../../../../src/base/quote-command.ts';
import { SshGuest } from '../../../../src/guest/ssh-guest.ts';
import type { SshConnection } from '../../../../src/ssh/ssh-connection.ts';
import type { Machine } from '../../../../src/vm/driver.ts';
import { createFirecrackerDriver } from '../../../../src/vm/firecracker/firecracker-driver.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const vmm = new URL('../../../support/firecracker/recording-vmm.ts', import.meta.url).pathname;
const log = () => join(folder.path, 'log');
const asked = async () => (await readFile(log(), 'utf8')).split('\n').filter(Boolean);

/** A machine that runs; its VMM ends at one thing that it is asked. */
async function machineEndingAt(word: string): Promise<Machine> {
  const binary = join(folder.path, 'firecracker');
  await writeFile(binary, `#!/bin/sh\nexec ${quoteCommand(process.execPath, [vmm, log(), word])} "$@"\n`, {
    mode: 0o755,
  });
  await writeFile(log(), '');
  const rest = { initrds: [], kernelArgs: [], drives: [], vcpus: 1, memoryMiB: 128, emitter: silentEmitter };
  const spec = { id: 'box', kernel: { vmlinux: binary }, runDir: folder.path, ...rest };
  const machine = await createFirecrackerDriver({ binary }).create(spec);
  await machine.start();
  return machine;
}

it.each([
  ['SendCtrlAltDel', ['SendCtrlAltDel']],
  ['SIGTERM', ['SendCtrlAltDel', 'SIGTERM']],
  ['nothing but SIGKILL', ['SendCtrlAltDel', 'SIGTERM']],
])('a machine whose VMM ends at %s is asked no more than it takes, in this order', async (word, all) => {
  const machine = await machineEndingAt(word);
  const { pid } = machine;
  // Longer than the test may take: who does not end when asked is asked the next after a moment.
  expect(await machine.stop({ graceMs: word === 'SendCtrlAltDel' ? 600_000 : 50 })).toMatchObject({
    reason: 'stopped',
  });
  expect(await asked()).toEqual(all);
  expect(() => process.kill(pid ?? 0, 0)).toThrow(/ESRCH/);
  await machine.destroy();
});

it('without time for it, nobody is asked politely', async () => {
  const machine = await machineEndingAt('SIGTERM');
  await machine.stop();
  expect(await asked()).toEqual(['SIGTERM']);
  await machine.destroy();
});

it('a guest that is shut down is asked over the control channel first', async () => {
  const machine = await machineEndingAt('SendCtrlAltDel');
  const connection = {
    exec: async (command: string) => await writeFile(log(), `${command}\n`),
    [Symbol.asyncDispose]: async () => {},
  };
  const guest = new SshGuest({
    machine,
    connection: connection as unknown as SshConnection,
    emitter: silentEmitter,
  });
  await guest.shutdown({ graceMs: 50 });
  expect(await asked()).toEqual(['exec /firekiln/end', 'SendCtrlAltDel']);
  expect(machine.state).toBe('destroyed');
});
