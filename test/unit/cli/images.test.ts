import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryProcess } from '../../../src/base/process.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { someBytes } from '../../support/bytes.ts';
import { makeImage } from '../../support/make-image.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { useCompileCache } from '../../support/worker-process.ts';

const folder = useTemporaryFolder();
const program = new URL('../../../src/cli/firekiln.ts', import.meta.url);
const { env } = useCompileCache(new URL('../../../src/cli/main.ts', import.meta.url));

async function firekiln(...args: string[]) {
  const { stdout, stderr, exitCode } = await tryProcess(process.execPath, {
    args: [program.pathname, ...args, '--data-dir', join(folder.path, 'data')],
    env,
  });
  return { exitCode, out: stdout.toString(), err: stderr.toString() };
}

describe('commands for images', () => {
  it('list, show, name, remove and purge', async () => {
    const id = await (async () => {
      await using store = await openStore({ dataDir: join(folder.path, 'data') });
      return (await makeImage(store, [[{ name: 'f', data: Buffer.from('x') }]])).id;
    })();
    expect(await firekiln('tag', 'app:1', 'org/other:2')).toEqual({ exitCode: 0, out: '', err: '' });
    const table = (await firekiln('images')).out.trim().split('\n');
    expect(table.map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['REPOSITORY', 'TAG', 'IMAGE ID'],
      ['app', '1', id.slice(7, 19)],
      ['org/other', '2', id.slice(7, 19)],
    ]);
    expect(JSON.parse((await firekiln('images', '--json', '--filter', 'reference=org/*')).out)).toMatchObject([
      { id, names: ['app:1', 'org/other:2'], platform: 'linux/amd64' },
    ]);
    expect(JSON.parse((await firekiln('inspect', id.slice(7, 15))).out)).toMatchObject([
      { type: 'image', id, config: { WorkingDir: '/w' }, layers: [{ entries: 1 }] },
    ]);
    expect(await firekiln('rmi', 'app:1', 'no')).toMatchObject({
      exitCode: 1,
      out: 'Untagged: app:1\n',
      err: expect.stringContaining('error[IMAGE_NOT_FOUND]: no image no'),
    });
    expect((await firekiln('purge', '--all', '--dry-run')).out).toMatch(
      /^image +docker\.io\/org\/other:2 .*Would free/s,
    );
    expect((await firekiln('rmi', 'org/other:2')).out).toBe(`Untagged: org/other:2\nDeleted: ${id}\n`);
    expect((await firekiln('images', '-q')).out).toBe('');
    await using store = await openStore({ dataDir: join(folder.path, 'data') });
    expect(await store.content.list()).toEqual([]);
  });

  it('say what images take on disk, alone and together', async () => {
    const layer = (name: string, size: number) => [{ name, data: someBytes(size, name) }];
    {
      await using store = await openStore({ dataDir: join(folder.path, 'data') });
      await makeImage(store, [layer('base', 300_000), layer('one', 90_000)], ['docker.io/library/app:1']);
      await makeImage(store, [layer('base', 300_000), layer('two', 5000)], ['docker.io/library/app:2']);
      await store.gc();
    }
    const root = join(folder.path, 'data', 'store');
    const blobs = readdirSync(join(root, 'blobs/sha256'));
    const bytes = (name: string) =>
      ['blobs/sha256', 'sums', 'indexes/v1'].reduce((sum, place) => {
        return sum + 512 * (statSync(join(root, place, name), { throwIfNoEntry: false })?.blocks ?? 0);
      }, 0);
    const images = JSON.parse((await firekiln('images', '--json')).out) as Record<
      'size' | 'sharedSize' | 'ownSize',
      number
    >[];
    const [base = ''] = blobs.toSorted((a, b) => bytes(b) - bytes(a));
    expect(images.map(({ sharedSize }) => sharedSize)).toEqual([bytes(base), bytes(base)]);
    for (const { size, sharedSize, ownSize } of images) expect(size).toBe(sharedSize + ownSize);
    const all = images.reduce((sum, { ownSize }) => sum + ownSize, bytes(base));
    expect(all).toBe(blobs.reduce((sum, name) => sum + bytes(name), 0));
  });
});
