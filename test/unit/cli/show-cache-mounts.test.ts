import { writeFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { showCacheMounts } from '../../../src/cli/show-cache-mounts.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

it('shows id, target, size, last use and user, as a table and as JSON', async () => {
  await using store = await openStore({ dataDir: folder.path });
  const make = async (path: string) => await writeFile(path, Buffer.alloc(4096));
  const use = { make, sharing: 'locked', label: '/root/.npm', user: 'build of app' } as const;
  await (await store.cacheMounts.acquire('npm', use))[Symbol.asyncDispose]();
  await using _used = await store.cacheMounts.acquire('go', { ...use, label: '/go' });
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    await showCacheMounts(store, [], false);
    await showCacheMounts(store, ['npm'], true);
    await expect(showCacheMounts(store, ['pip'], false)).rejects.toMatchObject({
      message: 'there is no cache mount pip',
    });
  } finally {
    write.mockRestore();
  }
  const [head, go, npm, ...json] = lines.join('').split('\n');
  expect(head).toMatch(/^ID +TARGET +SIZE +LAST USED +BY$/);
  expect(go).toMatch(/^go +\/go +4\.10kB +now +build of app$/);
  expect(npm).toMatch(/^npm +\/root\/\.npm +4\.10kB +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d +build of app$/);
  expect(JSON.parse(json.join('\n'))).toMatchObject([
    { id: 'npm', target: '/root/.npm', size: 4096, inUse: false, usedBy: 'build of app' },
  ]);
});
