import { copyFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UserKernels } from '../../../src/app/user-kernel.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

it('a kernel of the user is read once, and again when it has changed', async () => {
  const path = join(folder.path, 'vmlinux');
  await copyFile('/bin/true', path);
  const kernels = new UserKernels();
  const first = await kernels.find(path);
  expect(first.facts.gaps.pvh).toHaveLength(1);
  expect(await kernels.find(path)).toBe(first);
  expect(await new UserKernels().find(path)).not.toBe(first);

  // Another file of the same size and time.
  await copyFile('/bin/true', `${path}.new`);
  await utimes(`${path}.new`, 1, 1);
  await utimes(path, 1, 1);
  const second = await kernels.find(path);
  await rename(`${path}.new`, path);
  const third = await kernels.find(path);
  expect(new Set([first, second, third]).size).toBe(3);
  expect(await kernels.find(path)).toBe(third);

  await writeFile(path, 'no kernel');
  await expect(kernels.find(path)).rejects.toMatchObject({ code: 'KERNEL_UNUSABLE' });
  await expect(kernels.find(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'KERNEL_UNUSABLE' });
});
