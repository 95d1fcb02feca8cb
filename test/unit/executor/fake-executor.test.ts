import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { createFakeExecutor } from '../../../src/executor/fake/fake-executor.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { anyStep } from '../../support/any-step.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const resources = { vcpus: 1, memoryMiB: 128, scratchMiB: 64 };

it('writes the layers of scripted steps, up to the first that fails', async () => {
  await using store = await openStore({ dataDir: join(folder.path, 'data'), emitter: silentEmitter });
  const executor = createFakeExecutor({
    store,
    onStep: ({ args }) =>
      args[0] === 'good' ? { files: { 'a/b': 'text', 'a/c': null } } : { exitCode: 3, stderr: 'no\n' },
  });
  const told: string[] = [];
  const { steps, failed } = await executor.run({
    segments: [],
    parent: [],
    steps: [anyStep({ node: '1', args: ['good'] }), anyStep({ node: '2', args: ['bad'] }), anyStep({ node: '3' })],
    resources,
    emitter: silentEmitter,
    onStep: (node, state) => told.push(`${node} ${state}`),
  });
  expect(failed).toMatchObject({ exitCode: 3, lastLines: ['no'] });
  expect(told).toEqual(['1 started', '1 ended', '2 started', '2 ended']);
  expect(steps).toHaveLength(1);
  const [first] = steps;
  if (first === undefined) throw new Error('no step');
  using layer = await store.layers.open(first.diffId);
  const entries = [...layer.index.entries()].map(({ path, what }) => `${path} ${what.type}`);
  expect(entries).toEqual(['a/b inode', 'a/c whiteout']);
});
