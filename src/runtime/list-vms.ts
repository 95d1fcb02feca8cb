import type { RuntimeEnvironment } from './environment.ts';
import { reclaimVms } from './reclaim-vms.ts';
import { type Vm, VmRegistry } from './record/vm-registry.ts';

/** All VMs, also those that have ended, the newest first. */
export async function listVms(env: RuntimeEnvironment): Promise<readonly Vm[]> {
  const registry = new VmRegistry(env.dataDir);
  await reclaimVms(env, registry);
  return await registry.list((error) => env.emitter.message('warn', error.message, error.hint));
}
