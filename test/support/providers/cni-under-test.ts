import { CniHost } from '../cni-host.ts';
import type { ProviderUnderTest } from '../provider-conformance.ts';

const number = 124;

export const underTest: ProviderUnderTest = {
  open: async (folder) => (await CniHost.create(folder, number)).provider(),
  leftovers: async (folder) => await (await CniHost.create(folder, number)).leftovers(),
  close: async (folder) => await (await CniHost.create(folder, number)).remove(),
};
