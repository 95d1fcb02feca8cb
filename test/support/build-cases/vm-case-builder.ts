import { join } from 'node:path';
import type { BuildServices } from '../../../src/build/build-services.ts';
import { createApplianceExecutor } from '../../../src/executor/appliance/appliance-executor.ts';
import { createVmSlots } from '../../../src/executor/vm-slots.ts';
import { bootGuest } from '../../../src/guest/boot-guest.ts';
import { ensureSegments } from '../../../src/images/segments/ensure-segments.ts';
import type { Store } from '../../../src/store/store.ts';
import { openTestAppliance } from '../test-appliance.ts';
import { type CaseBuilder, type LayoutOf, openCaseBuilder } from './case-builder.ts';

const resources = { vcpus: 1, memoryMiB: 512, scratchMiB: 1024 };

/** A builder of cases that runs their steps in microVMs, two at a time. `folder` is the caller's to remove. */
export async function openVmCaseBuilder(folder: string, layoutOf?: LayoutOf): Promise<CaseBuilder> {
  await using stack = new AsyncDisposableStack();
  const { appliance, driver, network } = stack.use(await openTestAppliance());
  const builder = stack.use(await openCaseBuilder(join(folder, 'builder'), layoutOf));
  const { store } = builder.bed;
  const executor = createApplianceExecutor({
    store,
    driver,
    appliance,
    network,
    slots: createVmSlots({
      limit: { vcpus: 2, memoryMiB: 2 * resources.memoryMiB },
      folder: join(folder, 'slots'),
    }),
    boot: bootGuest,
  });
  const services: Partial<BuildServices> = {
    executor: async () => executor,
    maxSegments: driver.capabilities.maxDrives - 1,
    segments: async (layers, options) => await ensureSegments(store, layers, options),
    resources,
  };
  const owned = stack.move();
  return {
    ...builder,
    build: async (it, more, noCache) =>
      await builder.build(it, { ...services, store: withOwnCacheMounts(store, it.name), ...more }, noCache),
    [Symbol.asyncDispose]: async () => await owned.disposeAsync(),
  };
}

/** BuildKit's results are of builds that began with empty cache mounts. */
function withOwnCacheMounts(store: Store, name: string): Store {
  const cacheMounts: Store['cacheMounts'] = {
    acquire: async (id, options) => await store.cacheMounts.acquire(`${name}/${id}`, options),
    list: async () => await store.cacheMounts.list(),
    remove: async (id) => await store.cacheMounts.remove(id),
  };
  return { ...store, cacheMounts };
}
