import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openApp } from '../../../src/app/app.ts';
import { openMachines } from '../../../src/app/machines.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

it('without any VMM, says why each of them does not do', async () => {
  await using app = openApp({ dataDir: join(folder.path, 'data'), progress: 'quiet' });
  vi.stubEnv('PATH', folder.path);
  try {
    const appliance = { kernel: { vmlinux: '/k' }, digest: `sha256:${'0'.repeat(64)}` } as const;
    await expect(openMachines(app, { driver: 'auto', appliance, network: { kind: 'none' } })).rejects.toMatchObject({
      code: 'PROGRAM_MISSING',
      message: expect.stringMatching(
        /qemu-system-x86_64 is not installed .* Firecracker: firecracker is not installed/,
      ),
      hint: expect.stringContaining('firekiln setup') as string,
    });
  } finally {
    vi.unstubAllEnvs();
  }
});
