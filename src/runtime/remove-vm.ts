import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { shimGone } from './end-shim.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { reclaimVms } from './reclaim-vms.ts';
import { removeVmFolder } from './record/remove-vm-folder.ts';
import { VmFolder } from './record/vm-folder.ts';
import { VmRegistry } from './record/vm-registry.ts';
import { stopVm } from './stop-vm.ts';

/**
 * Removes a VM that has ended, with its log and all that belongs to it; with `force` one that runs is killed first.
 * Throws VM_STILL_RUNNING, VM_NOT_FOUND.
 */
export async function removeVm(
  env: RuntimeEnvironment,
  options: { readonly vm: string; readonly force: boolean; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { force, signal } = options;
  const registry = new VmRegistry(env.dataDir);
  const vm = await registry.find(options.vm).catch(async (error: unknown) => {
    if (force && isFirekilnError(error, 'VM_NOT_FOUND') && (await removeDamaged(env, options.vm))) return undefined;
    throw error;
  });
  if (vm === undefined) return;
  if (vm.alive && vm.state.status !== 'exited') {
    if (!force) {
      throw new FirekilnError('VM_STILL_RUNNING', `the VM ${vm.record.name} is running`, {
        hint: `Stop it with firekiln stop ${vm.record.name}, or use firekiln rm -f ${vm.record.name}.`,
      });
    }
    await stopVm(env, { vm: vm.record.id, graceMs: 0, stopSignal: 'KILL', signal });
  }
  if (vm.alive) await shimGone(vm.folder, signal);
  await reclaimVms(env, registry);
  await rm(vm.record.runDir, { recursive: true, force: true });
  await removeVmFolder(vm.folder, await env.store());
}

/** True if there was a VM of that id whose record can't be read. */
async function removeDamaged(env: RuntimeEnvironment, id: string): Promise<boolean> {
  if (!/^[0-9a-f]{12}$/.test(id)) return false;
  const folder = new VmFolder(join(env.dataDir, 'vms', id), id);
  const damaged = await folder.readRecord().then(
    () => false,
    (error: unknown) => isFirekilnError(error, 'VM_RECORD_DAMAGED'),
  );
  if (!damaged) return false;
  await removeVmFolder(folder, await env.store());
  return true;
}
