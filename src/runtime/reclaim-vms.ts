import type { RuntimeEnvironment } from './environment.ts';
import { removeVmFolder } from './record/remove-vm-folder.ts';
import type { VmRegistry } from './record/vm-registry.ts';

/** Finishes what the shims of lost VMs would have done: takes their jails and networks down, removes those that were to go. */
export async function reclaimVms(env: RuntimeEnvironment, registry: VmRegistry): Promise<void> {
  await env.reclaimJails();
  for (const { folder, record, state, alive } of await registry.list()) {
    if (alive || state.unreclaimed !== true) continue;
    await env.detachNetwork(record.id);
    if (record.removeAtEnd) await removeVmFolder(folder, await env.store());
    else await folder.writeState({ ...state, unreclaimed: false });
  }
}
