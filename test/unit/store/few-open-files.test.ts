import { expect, it } from 'vitest';
import { runProcess } from '../../../src/base/process.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const worker = new URL('few-open-files-worker.ts', import.meta.url).pathname;

it.each([
  [0, 'LIMIT_EXCEEDED'],
  // The database, but not its log.
  [2, 'LIMIT_EXCEEDED'],
  [20, 'opened'],
])('with %i more open files: %s', async (left, end) => {
  const args = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, worker, folder.path, String(left)];
  const { stdout } = await runProcess('sh', { args });
  expect(stdout.toString()).toBe(end);
});
