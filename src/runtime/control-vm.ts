import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { systemCode } from '../base/system-error.ts';
import { ControlClient, type ControlHandlers } from './control/control-client.ts';
import type { Request } from './control/messages.ts';
import type { Vm } from './record/vm-registry.ts';

/** A connection to the shim of a VM. Throws VM_NOT_RUNNING. */
export async function controlVm(vm: Vm, request: Request, handlers?: ControlHandlers): Promise<ControlClient> {
  const fail = (cause?: unknown) =>
    new FirekilnError('VM_NOT_RUNNING', `the VM ${vm.record.name} is not running`, { cause });
  if (!vm.alive || vm.state.status === 'exited') throw fail();
  try {
    return await ControlClient.open(vm.record.runDir, request, handlers);
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '')) throw fail(error);
    throw error;
  }
}
