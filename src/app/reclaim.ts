import { removeOrphanedRunFolders } from '../executor/appliance/run-folder.ts';
import { reclaimUserNetworks } from '../net/user/reclaim-user-networks.ts';
import { listVms } from '../runtime/list-vms.ts';
import { VmRegistry } from '../runtime/record/vm-registry.ts';
import type { App } from './app.ts';
import { userNetworkStateDir } from './data-dir.ts';
import { reclaimStaleJails } from './firecracker.ts';
import { reclaimAttachedVms } from './network-cni.ts';
import { openRuntime } from './runtime.ts';

/**
 * Undoes what processes of this data dir have left that were killed: jails and networks of their VMs, folders of sockets, VMs that
 * were to go when they ended. A failure is told and keeps none of the rest from being done. What is in the store is
 * the work of its own gc.
 */
export async function reclaimLeftovers(app: App): Promise<void> {
  const works: readonly (readonly [what: string, work: () => Promise<unknown>])[] = [
    [
      'VMs',
      async () => {
        await new VmRegistry(app.dataDir).sweep();
        await listVms(await openRuntime(app, { config: undefined }));
      },
    ],
    ['jails', async () => await reclaimStaleJails(app)],
    ['CNI networks', async () => await reclaimAttachedVms(app)],
    ['user networks', async () => await reclaimUserNetworks(userNetworkStateDir(app.dataDir))],
    ['folders of sockets', async () => await removeOrphanedRunFolders()],
  ];
  for (const [what, work] of works) {
    try {
      await work();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      app.emitter.message('warn', `not all that killed processes left of ${what} could be removed: ${words}`);
    }
  }
}
