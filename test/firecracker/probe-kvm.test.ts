import { expect, it } from 'vitest';
import { createFirecrackerDriver } from '../../src/vm/firecracker/firecracker-driver.ts';
import { whyNoKvm } from '../../src/vm/probe-kvm.ts';
import { bedKernel } from '../support/bed-kernel.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { findTool } from '../support/tools.ts';

const folder = useTemporaryFolder();

it('finds that KVM works where it does', async () => {
  await using kernel = await bedKernel();
  const binary = findTool('firecracker') ?? '';
  const why = await whyNoKvm({
    driver: createFirecrackerDriver({ binary }),
    binary,
    kernel,
    kernelDigest: 'sha256:0',
    folder: folder.path,
    deadlineMs: 200_000,
  });
  expect(why).toBeUndefined();
});
