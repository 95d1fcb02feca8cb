import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess } from '../../../src/base/process.ts';
import { nameOfReplaced, removeLeftovers } from '../../../src/base/temporary-leftovers.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const later = () => Date.now() + 7_200_000;

it('removes what dead processes left, and gives back what they were replacing', async () => {
  const dead = await startProcess('true');
  await dead.result;
  const put = async (name: string) => {
    await mkdir(join(folder.path, name));
    await writeFile(join(folder.path, name, 'f'), name);
  };
  const own = nameOfReplaced('own');
  const old = own.replace(String(process.pid), String(dead.pid));
  for (const name of [
    `.tmp-${dead.pid}-abc`,
    `.tmp-${process.pid}-abc`,
    old,
    own,
    `.tmp-${dead.pid}-was-b`,
    'b',
    '.tmp-x',
  ])
    await put(name);
  await removeLeftovers(folder.path);
  expect(await readdir(folder.path)).toHaveLength(7);
  await removeLeftovers(folder.path, later());
  expect((await readdir(folder.path)).sort()).toEqual(['.tmp-x', `.tmp-${process.pid}-abc`, own, 'b', 'own'].sort());
  expect(await readFile(join(folder.path, 'own/f'), 'utf8')).toBe(old);
  expect(await readFile(join(folder.path, 'b/f'), 'utf8')).toBe('b');
  await removeLeftovers(join(folder.path, 'none'));
});
