import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/base/digest.ts';
import { startProcess } from '../../../src/base/process.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { someBytes } from '../../support/bytes.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { useCompileCache } from '../../support/worker-process.ts';
import type { Told } from './busy-worker.ts';

const folder = useTemporaryFolder();
const { env } = useCompileCache(new URL('../../../src/store/open-store.ts', import.meta.url));
const worker = new URL('busy-worker.ts', import.meta.url).pathname;
const workersPerRound = 4;
/** A worker is killed at a random moment after a random one of its first lines: so it gets to work on a slow machine too. */
const mostLines = 16;
const mostMsAfter = 50;
const rounds = (process.env.FIREKILN_TEST_FULL ? 2000 : 200) / workersPerRound;

/** What must be in the store, by what the workers told. */
class Expectation {
  /** The states that a name may have; more than one if its last change was under way when the worker was killed. */
  readonly images = new Map<string, (readonly Digest[] | undefined)[]>();
  readonly cached = new Map<string, readonly Digest[]>();

  add({ what, name, refs }: Told): void {
    if (what === 'tagged') this.images.set(name, [refs]);
    if (what === 'untagged') this.images.set(name, [undefined]);
    if (what === 'tagging') this.images.set(name, [...(this.images.get(name) ?? [undefined]), refs]);
    if (what === 'untagging') this.images.set(name, [...(this.images.get(name) ?? []), undefined]);
    if (what === 'cached') this.cached.set(name, refs);
  }
}

describe('processes that are killed at random', () => {
  it(
    'lose nothing that was committed, show nothing half, and leave nothing that gc does not reclaim',
    async () => {
      const expected = new Expectation();
      let told = 0;
      for (let round = 0; round < rounds; round++) {
        const names = Array.from({ length: workersPerRound }, (_, i) => `worker${i}`);
        // All of them: one that goes on after a failure of another would make the folder anew when it is removed.
        const ends = await Promise.allSettled(names.map((name) => runUntilKilled(name, `${round} ${name}`)));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
        const stories = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
        for (const story of stories) expected.add(story);
        told += stories.length;
        await check(expected);
      }
      // The workers did get to work.
      expect(told).toBeGreaterThan(rounds * workersPerRound * 3);
    },
    rounds * 20_000,
  );
});

async function runUntilKilled(name: string, seed: string): Promise<Told[]> {
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  const lastLine = 1 + Math.floor(Math.random() * mostLines);
  const started = startProcess(process.execPath, {
    args: [worker, folder.path, name, seed],
    env,
    stdout: {
      each: (chunk) => {
        output += chunk.toString();
        if (output.split('\n').length <= lastLine) return;
        timer ??= setTimeout(() => void started.then((child) => child.kill('SIGKILL')), Math.random() * mostMsAfter);
      },
    },
  });
  const end = await (await started).result;
  clearTimeout(timer);
  const lines = output.split('\n');
  // In one line of text, so that whoever reads a log of it sees why.
  expect(
    end.signal === 'SIGKILL' && end.stderr.length === 0,
    `${seed} ended by ${end.signal ?? `exit code ${end.exitCode ?? '?'}`} after ${lines.slice(-3).join(' | ')}: ${end.stderr.toString()}`,
  ).toBe(true);
  // The last one may be cut.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Told);
}

async function check(expected: Expectation): Promise<void> {
  // An index that is made again gives this process a session too: it must be gone when the store is closed.
  await expectEmpty(await checkStore(expected));
}

/** Returns the folder of the store. */
async function checkStore(expected: Expectation): Promise<string> {
  await using store = await openStore({ dataDir: folder.path });
  const referred = new Set<Digest>();
  for (const [name, states] of expected.images) {
    const image = await store.images.resolve(name);
    const refs = image === undefined ? undefined : [image.manifest, ...image.refs];
    expect(states).toContainEqual(refs);
    expected.images.set(name, [refs]);
    for (const ref of refs ?? []) referred.add(ref);
  }
  for (const [key, refs] of expected.cached) {
    expect(await store.cache.get(key as Digest)).toMatchObject({ refs });
  }
  await store.gc();
  // A record of the cache whose worker was killed before it told of it is as good as one that was told.
  const { types } = await store.usage();
  const count = (type: string) => types.find((one) => one.type === type)?.count ?? 0;
  expect(count('cache')).toBeGreaterThanOrEqual(expected.cached.size);
  expect(count('blob')).toBe(0);
  for (const { digest } of await store.content.list()) {
    await store.content.verify(digest);
    // Those that are layers have an index, or are given one again.
    const layer = await store.layers.has(digest);
    if (layer !== undefined) expect(layer.entryCount).toBe(50);
  }
  for (const artifact of await store.artifacts.list()) {
    expect(someBytes(50_000, artifact.key).equals(await readFile(artifact.path))).toBe(true);
  }
  return store.root;
}

async function expectEmpty(root: string): Promise<void> {
  for (const name of ['sessions', 'trash', 'locks', 'damaged'])
    expect([name, await readdir(join(root, name))]).toEqual([name, []]);
}
