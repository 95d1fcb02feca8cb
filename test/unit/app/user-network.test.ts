import { afterEach, expect, it, vi } from 'vitest';
import { openUserNetwork } from '../../../src/app/user-network.ts';
import { createFakeDriver } from '../../../src/vm/fake/fake-driver.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
afterEach(() => vi.unstubAllEnvs());

it('names the program that is missing for a VMM with a tap, and its package', async () => {
  vi.stubEnv('PATH', folder.path);
  const driver = createFakeDriver(() => ({ boot: () => {}, serve: () => {} }), { networks: ['tap'] });
  expect(await openUserNetwork({ dataDir: folder.path }, driver)).toEqual({
    why: 'pasta is not installed or not on PATH (Debian: passt)',
  });
});
