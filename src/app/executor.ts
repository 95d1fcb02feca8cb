import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { makePrivateFolder, runtimeFolders } from '../base/runtime-folder.ts';
import { createApplianceExecutor } from '../executor/appliance/appliance-executor.ts';
import type { Executor } from '../executor/executor.ts';
import { createVmSlots, type VmResources, type VmSlots } from '../executor/vm-slots.ts';
import type { CpuTemplate } from '../vm/machine-options.ts';
import type { App } from './app.ts';
import { openAppliance } from './appliance.ts';
import { guestBoot } from './guest-boot.ts';
import { type MachinesOptions, openMachines } from './machines.ts';

export type ExecutorOptions = Omit<MachinesOptions, 'appliance'> & {
  readonly cpuTemplate?: CpuTemplate | undefined;
  /**
   * What the virtual machines of all builds of this user may have together; two virtual processors for each of the
   * host's cores and 3/4 of its memory by default.
   */
  readonly limit?: VmResources;
};

/** The executor of RUN steps, and how many drives its machines can have beside the one that steps write to. */
export interface OpenedExecutor {
  readonly executor: Executor;
  readonly maxSegments: number;
}

/** Sets up kernel and appliance where they are missing. Throws what {@link openAppliance} and {@link openMachines} do. */
export async function openExecutor(app: App, options: ExecutorOptions = {}): Promise<OpenedExecutor> {
  return await app.part(
    `executor ${options.driver} ${options.requireKvm} ${JSON.stringify([options.network, options.firecracker, options.cpuTemplate])}`,
    async () => {
      const appliance = await openAppliance(app);
      const { driver, network } = await openMachines(app, { ...options, appliance });
      const executor = createApplianceExecutor({
        store: await app.store(),
        driver,
        appliance,
        network,
        slots: await openVmSlots(app, options.limit),
        cpuTemplate: options.cpuTemplate,
        boot: guestBoot(app),
      });
      return { executor, maxSegments: driver.capabilities.maxDrives - 1 };
    },
  );
}

/** The room that virtual machines of builds share on this host. */
export async function openVmSlots(app: App, limit: VmResources = hostLimit()): Promise<VmSlots> {
  return createVmSlots({ limit, folder: await slotsFolder(app.dataDir) });
}

/** A step that downloads, compiles one file or waits for its disk leaves most of its processors idle. */
const vcpusPerCore = 2;

function hostLimit(): VmResources {
  return { vcpus: vcpusPerCore * availableParallelism(), memoryMiB: Math.floor((totalmem() / 2 ** 20) * 0.75) };
}

/** The same for all data dirs. Where no such folder can be made, builds with one data dir share. */
async function slotsFolder(dataDir: string): Promise<string> {
  for (const folder of runtimeFolders(process.env, process.getuid?.() === 0)) {
    if (await makePrivateFolder(folder)) return join(folder, 'build-slots');
  }
  return join(dataDir, 'build-slots');
}
