import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, runCli } from '../support/cli.ts';
import { auditStore, sha256 } from '../support/faults/audit-store.ts';
import { makeFaultContexts } from '../support/faults/fault-image.ts';
import { useTemporaryFolderOfFile } from '../support/temporary-folder.ts';

const folder = useTemporaryFolderOfFile();
const at = (...names: string[]) => join(folder.path, ...names);
const env = { SOURCE_DATE_EPOCH: '1700000000' };
let context = '';
let content = '';

const firekiln = async (dataDir: string, args: string[], more: Record<string, string> = {}): Promise<CliResult> =>
  await runCli(args, { dataDir, env: { ...env, ...more } });
const build = async (dataDir: string, ...more: string[]) =>
  await firekiln(dataDir, ['build', '-q', '-t', 'app:1', '-o', `type=tar,dest=${at('out.tar')}`, ...more, context]);
const expectGood = ({ status, stderr }: CliResult) => expect({ status, stderr }).toEqual({ status: 0, stderr: '' });

beforeAll(async () => {
  [context = ''] = makeFaultContexts(folder.path, 1);
  expectGood(await build(at('data')));
  content = sha256(at('out.tar'));
  expectGood(await firekiln(at('data'), ['purge']));
});

/** Everything that a store keeps, by kind: one file of each, all blobs. */
function storedFiles(): string[] {
  const store = at('data/store');
  const [version = ''] = readdirSync(join(store, 'indexes'));
  return [
    ...readdirSync(join(store, 'blobs/sha256')).map((name) => `blobs/sha256/${name}`),
    ...readdirSync(join(store, 'sums')).map((name) => `sums/${name}`),
    ...readdirSync(join(store, 'indexes', version)).map((name) => `indexes/${version}/${name}`),
    'format.json',
    'records.db',
  ];
}

describe('a store that was hurt', () => {
  it('gives what was stored, or names what is damaged, whichever bit has flipped', async () => {
    const told = new Set<string>();
    for (const [i, name] of storedFiles().entries()) {
      const dataDir = at('hurt');
      cpSync(at('data'), dataDir, { recursive: true });
      const path = join(dataDir, 'store', name);
      const bytes = readFileSync(path);
      const place = name === 'records.db' ? bytes.indexOf('docker.io/library/app') + 3 : (i * 7919) % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (i % 8));
      rmSync(path);
      writeFileSync(path, bytes);
      const builds = ['build', '-q', '-o', `type=tar,dest=${at('out.tar')}`, context];
      const isDerived = /^(?:sums|indexes)/.test(name);
      for (const args of isDerived ? [builds] : [['inspect', 'app:1'], builds]) {
        rmSync(at('out.tar'), { force: true });
        const { status, stderr } = await firekiln(dataDir, args);
        if (status === 0) {
          if (args[0] === 'build') expect([name, sha256(at('out.tar'))]).toEqual([name, content]);
          continue;
        }
        expect([name, args[0], status, existsSync(at('out.tar'))]).toEqual([name, args[0], 1, false]);
        const [, code = stderr] =
          /^error\[(BLOB_CORRUPT|STORE_DAMAGED|IMAGE_NOT_FOUND)\]: .*(?:sha256:[0-9a-f]{64}|records\.db|format\.json|app:1)/.exec(
            stderr,
          ) ?? [];
        told.add(code);
      }
      if (name.startsWith('blobs')) {
        // What was set aside is made again.
        expectGood(await build(dataDir, '--no-cache'));
        expect(sha256(at('out.tar'))).toBe(content);
        expectGood(await firekiln(dataDir, ['purge']));
        auditStore(dataDir);
      }
      rmSync(dataDir, { recursive: true });
    }
    expect([...told].filter((code) => !/^[A-Z_]+$/.test(code))).toEqual([]);
    expect(told).toContain('BLOB_CORRUPT');
    expect(told).toContain('STORE_DAMAGED');
  });

  it('of a newer version is refused by name by every command, and left as it is', async () => {
    const dataDir = at('newer');
    cpSync(at('data'), dataDir, { recursive: true });
    const format = '{"format":"firekiln-store","version":7}';
    writeFileSync(join(dataDir, 'store/format.json'), format);
    utimesSync(join(dataDir, 'store/records.db'), 1000, 1000);
    for (const args of [
      ['images'],
      ['inspect', 'app:1'],
      ['rmi', 'app:1'],
      ['purge', '-a'],
      ['build', '-q', context],
    ]) {
      const { status, stderr } = await firekiln(dataDir, args);
      expect([args[0], status]).toEqual([args[0], 1]);
      expect(stderr).toMatch(/^error\[STORE_NEWER\]: .* has format 7; this version of Firekiln knows formats up to 1/);
    }
    expect(readFileSync(join(dataDir, 'store/format.json'), 'utf8')).toBe(format);
    expect(statSync(join(dataDir, 'store/records.db')).mtimeMs).toBe(1_000_000);
  });
});

describe('commands', () => {
  it('work while the clock goes backwards, and purge takes nothing for old by it', async () => {
    const dataDir = at('clock');
    cpSync(at('data'), dataDir, { recursive: true });
    const yearsAgo = `data:text/javascript,${encodeURIComponent('const now = Date.now; Date.now = () => now() - 3e11;')}`;
    const past = { NODE_OPTIONS: `--import=${yearsAgo}` };
    const records = async (more: Record<string, string> = {}) =>
      (await firekiln(dataDir, ['purge', '--dry-run', '--filter', 'type=cache', '--json'], more)).stdout;
    const before = JSON.parse(await records()) as { removed: { type: string }[] };
    expect(before.removed.filter(({ type }) => type === 'cache').length).toBeGreaterThan(3);
    const again = await firekiln(dataDir, ['build', '--progress', 'plain', '-t', 'past:1', context], past);
    expect(again.stderr.match(/CACHED/g)?.length).toBeGreaterThan(3);
    expectGood(await firekiln(dataDir, ['purge', '--filter', 'until=1h'], past));
    const { removed } = JSON.parse(await records()) as typeof before;
    expect(removed).toEqual(before.removed);
    // By that clock all was used then, which is long ago now; images are never old.
    expectGood(await firekiln(dataDir, ['purge', '--filter', 'until=1h', '--filter', 'type=cache']));
    const images = auditStore(dataDir).images;
    expect([...images.keys()]).toEqual(['docker.io/library/app:1', 'docker.io/library/past:1']);
  });

  it('that build the same at the same time share the work', async () => {
    const dataDir = at('shared');
    const args = (i: number) => ['build', '--progress', 'plain', '-t', `app:${i}`, context];
    const ends = await Promise.all([1, 2, 3].map(async (i) => await firekiln(dataDir, args(i))));
    for (const { status, stderr } of ends) expect(status, stderr).toBe(0);
    const count = (pattern: RegExp) => ends.reduce((sum, { stderr }) => sum + (stderr.match(pattern)?.length ?? 0), 0);
    const steps = ends[0]?.stderr.match(/^#\d+ \[.*\] (?:COPY|ADD|WORKDIR)/gm)?.length ?? 0;
    expect(steps).toBeGreaterThan(4);
    expect([count(/^#\d+ DONE/gm), count(/^#\d+ CACHED/gm)]).toEqual([steps, 2 * steps]);
    expectGood(await firekiln(dataDir, ['purge']));
    expect(new Set(auditStore(dataDir).images.values()).size).toBe(1);
  });
});
