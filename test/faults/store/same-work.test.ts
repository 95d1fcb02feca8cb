import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hexOf } from '../../../src/base/digest.ts';
import { runProcess } from '../../../src/base/process.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { useCompileCache } from '../../support/worker-process.ts';

const folder = useTemporaryFolder();
const { env } = useCompileCache(new URL('../../../src/store/open-store.ts', import.meta.url));
const worker = new URL('same-work-worker.ts', import.meta.url).pathname;

describe('eight processes at the same work', () => {
  it.each(['in a new store', 'over a cut blob and a cut artifact'])('%s share it', async (where) => {
    const data = someBytes(5_000_000);
    if (where !== 'in a new store') {
      await using store = await openStore({ dataDir: folder.path });
      const blob = join(store.root, 'blobs/sha256', hexOf(digestOf(data)));
      await writeFile(blob, data.subarray(0, 1_000_000));
      await chmod(blob, 0o444);
      await mkdir(join(store.root, 'artifacts/segment'), { recursive: true });
      await writeFile(join(store.root, 'artifacts/segment', hexOf(digestOf('inputs'))), 'cut');
    }
    const args = [worker, folder.path, String(Date.now() + 500)];
    const ends = await Promise.all(Array.from({ length: 8 }, () => runProcess(process.execPath, { args, env })));
    const lines = ends.map(({ stdout }) => JSON.parse(stdout.toString()) as { makings: number });
    expect(lines.reduce((sum, { makings }) => sum + makings, 0)).toBe(1);
    await using store = await openStore({ dataDir: folder.path });
    expect(await store.images.list()).toHaveLength(8);
    await store.content.verify(digestOf(data));
  });
});
