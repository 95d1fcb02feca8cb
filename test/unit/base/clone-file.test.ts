import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cloneFile } from '../../../src/base/clone-file.ts';
import { canMount, linesFromNamespace, noteSkipped } from '../../support/mount-namespace.ts';
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

it('tells of a full disk as such, where cp(1) has to copy', async () => {
  if (!(await canMount())) {
    noteSkipped();
    return;
  }
  const [from, place] = [join(folder.path, 'large'), join(folder.path, 'disk')];
  await writeFile(from, Buffer.alloc(1 << 20, 1));
  const script = `
    const { mkdirSync, readdirSync } = require('node:fs');
    mkdirSync(${JSON.stringify(place)});
    require('node:child_process').execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', ${JSON.stringify(place)}]);
    import(${JSON.stringify(new URL('../../../src/base/clone-file.ts', import.meta.url).href)})
      .then(({ cloneFile }) => cloneFile(${JSON.stringify(from)}, ${JSON.stringify(join(place, 'copy'))}))
      .catch(({ code }) => console.log(JSON.stringify({ code, left: readdirSync(${JSON.stringify(place)}) })));`;
  expect(await linesFromNamespace(['-e', script])).toEqual([{ code: 'DISK_FULL', left: [] }]);
});
