import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../src/base/find-program.ts';
import { createUserNetworkProvider } from '../../../src/net/user/user-provider.ts';
import type { ProviderUnderTest } from '../provider-conformance.ts';

export const underTest: ProviderUnderTest = {
  open: async (folder) =>
    createUserNetworkProvider({ binary: (await findProgram('passt')) ?? 'passt', stateDir: join(folder, 'state') }),
  leftovers: async (folder) => {
    const folders = ['state', 'run-vm-a', 'run-vm-b'].map(async (name) => {
      return (await readdir(join(folder, name)).catch(() => [])).map((file) => `${name}/${file}`);
    });
    return (await Promise.all(folders)).flat();
  },
};
