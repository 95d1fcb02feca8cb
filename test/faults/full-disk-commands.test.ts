import { describe, expect, it } from 'vitest';
import { canMount, linesFromNamespace, noteSkipped } from '../support/mount-namespace.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const worker = new URL('../support/faults/full-disk-worker.ts', import.meta.url).pathname;
const [from, to] = [1000, 6000];
const stepKiB = process.env.FIREKILN_TEST_FULL ? 100 : 500;
const allowed = await canMount();

interface Line {
  readonly size: number;
  readonly build: string;
  readonly pull: string;
  readonly purge: string;
}

describe('commands on a full disk', () => {
  it.skipIf(!allowed && noteSkipped())(
    'say so, leave nothing half, can be read from and purged, and work again where there is room',
    async () => {
      const lines = await linesFromNamespace<Line>([
        worker,
        process.env.FIREKILN_TEST_BUNDLE ?? '',
        folder.path,
        ...[from, to, stepKiB].map(String),
      ]);
      const failed = (command: 'build' | 'pull' | 'purge') => lines.filter((line) => line[command] !== '').length;
      expect(failed('build')).toBeGreaterThan(lines.length / 4);
      expect(failed('build')).toBeLessThan(lines.length);
      expect(failed('pull')).toBeGreaterThan(0);
      // Where there was room for the reserve and the empty store, purge can always make room.
      expect(lines.filter(({ size, purge }) => size > 1200 && purge !== '')).toEqual([]);
    },
    1_800_000,
  );
});
