import { describe, expect, it } from 'vitest';
import { canMount, linesFromNamespace, noteSkipped } from '../../support/mount-namespace.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const worker = new URL('full-disk-worker.ts', import.meta.url).pathname;
const stepKiB = process.env.FIREKILN_TEST_FULL ? 4 : 20;

const allowed = await canMount();

describe('a full disk', () => {
  it.skipIf(!allowed && noteSkipped())(
    'gives DISK_FULL wherever it strikes, and the store stays whole',
    async () => {
      const lines = await linesFromNamespace<Line>([worker, folder.path, '4', '2200', String(stepKiB)]);
      const failed = new Set(lines.flatMap((line) => line.failed.map(([name]) => name)));
      // Each step met the end of the disk at some size, and at the largest none did.
      expect([...failed].sort()).toEqual([
        'cache',
        'lease',
        'mount',
        'put garbage',
        'put layer',
        'put manifest',
        'segment',
        'tag',
        'temporary',
        'untag',
      ]);
      // Where there was room for the reserve and the empty store, gc can always make room.
      expect(lines.filter(({ size, purged }) => size > 1200 && purged !== '')).toEqual([]);
      expect(lines.at(-1)).toMatchObject({ failed: [], purged: '' });
    },
    600_000,
  );
});

interface Line {
  readonly size: number;
  readonly failed: readonly (readonly [string, string])[];
  readonly purged: string;
}
