import { join } from 'node:path';
import { findProgram } from '../../../src/base/find-program.ts';
import { createTapUserNetworkProvider } from '../../../src/net/user/tap-user-provider.ts';
import type { ProviderUnderTest } from '../provider-conformance.ts';
import { underTest as passt } from './user-under-test.ts';

export const underTest: ProviderUnderTest = {
  open: async (folder) =>
    createTapUserNetworkProvider({ binary: (await findProgram('pasta')) ?? 'pasta', stateDir: join(folder, 'state') }),
  leftovers: passt.leftovers,
};
