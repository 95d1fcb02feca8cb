import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cloneFile } from '../../../src/base/clone-file.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

it('copies content and holes', async () => {
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
  {
    await using file = await open(from, 'wx', 0o600);
    await file.write(Buffer.from('begin'), 0, 5, 0);
    await file.write(Buffer.from('end'), 0, 3, 64 << 20);
  }
  await cloneFile(from, to);
  expect((await readFile(to)).equals(await readFile(from))).toBe(true);
  const { size, blocks } = await stat(to);
  expect(size).toBe((64 << 20) + 3);
  expect(blocks * 512).toBeLessThan(1 << 20);
});

it('replaces nothing, and leaves nothing after an abort', async () => {
  const [from, to] = [join(folder.path, 'a'), join(folder.path, 'b')];
  await writeFile(from, 'a');
  await writeFile(to, 'b');
  await expect(cloneFile(from, to)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(to, 'utf8')).toBe('b');
  await expect(cloneFile(join(folder.path, 'none'), join(folder.path, 'c'))).rejects.toThrow();
  await expect(stat(join(folder.path, 'c'))).rejects.toThrow();
});
