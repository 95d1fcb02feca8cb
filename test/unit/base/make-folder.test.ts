import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolderPath } from '../../../src/base/make-folder.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

describe('making a folder with its parents', () => {
  const folder = useTemporaryFolder();

  it('works, again too, and gives all of them the mode', async () => {
    const path = join(folder.path, 'a', 'b', 'c');
    await makeFolderPath(path, 0o700);
    await makeFolderPath(path, 0o755);
    for (const made of [path, join(path, '..'), join(path, '../..')]) {
      expect((await stat(made)).mode & 0o777).toBe(0o700);
    }
  });

  it('works for many at the same time', async () => {
    for (let round = 0; round < 50; round++) {
      const paths = Array.from({ length: 8 }, (_, i) => join(folder.path, `round-${round}`, 'a', 'b', `c${i % 2}`));
      await Promise.all(paths.map(async (path) => await makeFolderPath(path)));
    }
  });

  it('ends with an error below a file, and where no folders can be made', async () => {
    await writeFile(join(folder.path, 'file'), '');
    await expect(makeFolderPath(join(folder.path, 'file'), 0o700)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolderPath(join(folder.path, 'file', 'x'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolderPath('/proc/firekiln/x', 0o700)).rejects.toMatchObject({
      code: expect.stringMatching(/ENOENT|EACCES/),
    });
  });
});
