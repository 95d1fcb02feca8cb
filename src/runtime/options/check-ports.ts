import { createServer } from 'node:net';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import type { PublishedPort } from '../../net/provider.ts';
import type { Vm } from '../record/vm-registry.ts';
import { findPortOwner } from './find-port-owner.ts';

/**
 * Tries every port that is to be published, so that a taken one is told before anything is done for the VM; the shim
 * takes them for good later. Throws PORT_TAKEN, naming who has it if that can be told.
 */
export async function checkPortsFree(wanted: readonly PublishedPort[], vms: readonly Vm[]): Promise<void> {
  for (const port of wanted) {
    if (port.hostPort === 0 || !(await isTaken(port))) continue;
    const vm = vms.find(({ alive, state }) => alive && state.ports?.some((other) => other.hostPort === port.hostPort));
    const owner = vm === undefined ? await findPortOwner(port.hostPort) : `the VM ${vm.record.name}`;
    const { hostAddress, hostPort, guestPort } = port;
    throw new FirekilnError(
      'PORT_TAKEN',
      `port ${hostPort} of ${hostAddress} is taken${owner === undefined ? '' : ` by ${owner}`}`,
      {
        hint: `Choose another host port: -p ${hostPort === 65535 ? 0 : hostPort + 1}:${guestPort}, or -p ${guestPort} for any free one.`,
      },
    );
  }
}

async function isTaken({ hostAddress, hostPort }: PublishedPort): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    // Other errors are told when the shim takes the port.
    server.once('error', (error) => resolve(systemCode(error) === 'EADDRINUSE'));
    server.listen({ host: hostAddress, port: hostPort, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
