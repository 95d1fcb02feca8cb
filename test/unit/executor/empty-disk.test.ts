import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { writeEmptyDisk } from '../../../src/executor/empty-disk.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

describeWithTools(['e2fsck'], 'empty disks', () => {
  const folder = useTemporaryFolder();

  it.each([
    [16, false],
    [64, true],
    [20_480, false],
  ])('is a sound file system of %i MiB, journal: %s', async (sizeMiB, journal) => {
    const path = join(folder.path, 'disk.ext4');
    await writeEmptyDisk(path, { sizeMiB, journal });
    const { size, blocks } = await stat(path);
    expect(size).toBe(sizeMiB * 2 ** 20);
    // It costs what is in it.
    expect(blocks * 512).toBeLessThan(12 * 2 ** 20);
    await runProcess('e2fsck', { args: ['-fn', path] });
  });
});
