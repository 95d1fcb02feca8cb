import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Machine, MachineEnd } from '../vm/driver.ts';

/** VM_ENDED, with the end of the console. */
export function machineEnded(machine: Machine, { reason, detail }: MachineEnd, doing: string): FirekilnError {
  const why = { guest: 'the guest reset itself', stopped: 'it was stopped', panic: 'its kernel panicked' };
  const how = reason === 'vmm-failed' ? 'its VMM failed' : why[reason];
  const tail = machine.consoleTail().replaceAll('\r', '').trimEnd();
  return new FirekilnError('VM_ENDED', `the machine ${machine.id} ended while ${doing}: ${how} (${detail})`, {
    details: tail === '' ? [] : tail.split('\n').slice(-20),
  });
}
