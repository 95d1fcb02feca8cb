import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProcess, startProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { runCli } from '../support/cli.ts';
import { serveFakeRegistry } from '../support/fake-registry.ts';
import { auditStore, type StoreAudit, sha256 } from '../support/faults/audit-store.ts';
import { makeFaultContexts, serveFaultImage } from '../support/faults/fault-image.ts';
import { useTemporaryFolder } from '../support/temporary-folder.ts';
import { describeWithTools, findTool } from '../support/tools.ts';
import { useCompileCache } from '../support/worker-process.ts';

const kills = process.env.FIREKILN_TEST_FULL ? 2000 : 200;
const lanes = 3;
const variants = 4;
const pulled = ['1', '2'];
const outputs = { 'disk.ext4': 'ext4', layout: 'oci', 'files.tar': 'tar' } as const;
type Output = keyof typeof outputs;

const folder = useTemporaryFolder();
const segmentWorker = new URL('../support/faults/segment-worker.ts', import.meta.url);
const { env } = useCompileCache(new URL('../../src/images/segments/ensure-segments.ts', import.meta.url));
const at = (...names: string[]) => join(folder.path, ...names);
const bundle = () => process.env.FIREKILN_TEST_BUNDLE ?? '';
const shown = (name: string) => `docker.io/library/${name}`;

/** One command line, and what it leaves when it ends. */
interface Command {
  readonly program: readonly string[];
  /** The states that it gives to names: the digest of a manifest, or nothing. */
  readonly sets: ReadonlyMap<string, string | undefined>;
  /** The file that it writes, and what it then holds. */
  readonly writes?: { readonly path: string; readonly content: string };
}

/** What whole builds give, found in a data dir of their own. */
interface Reference {
  readonly manifest: string;
  readonly outputs: Readonly<Record<Output, string>>;
}

/** What must be there, by which commands ended and which were killed. */
class Expectation {
  /** The states that a name may have: more than one once a command that sets it was killed. */
  readonly images = new Map<string, Set<string | undefined>>();
  readonly files = new Map<string, Set<string | undefined>>();
  readonly artifacts = new Map<string, string>();

  note({ sets, writes }: Command, ended: boolean): void {
    const add = (map: Map<string, Set<string | undefined>>, key: string, state: string | undefined) => {
      map.set(key, new Set([...(ended ? [] : (map.get(key) ?? [undefined])), state]));
    };
    for (const [name, state] of sets) add(this.images, name, state);
    if (writes !== undefined) add(this.files, writes.path, writes.content);
  }

  check({ images, artifacts }: StoreAudit): void {
    for (const [name, states] of this.images) {
      expect([...states], name).toContain(images.get(name));
      this.images.set(name, new Set([images.get(name)]));
    }
    for (const name of images.keys()) expect([...this.images.keys()]).toContain(name);
    for (const [path, states] of this.files) {
      expect([...states], path).toContain(contentOf(path));
      this.files.set(path, new Set([contentOf(path)]));
    }
    for (const [key, content] of artifacts) {
      expect([key, content]).toEqual([key, this.artifacts.get(key) ?? content]);
      this.artifacts.set(key, content);
    }
  }
}

describeWithTools(['e2fsck'], 'commands that are killed at random', () => {
  it(
    'lose nothing that was committed, show nothing half, block nobody, and leave nothing that purge does not take',
    async () => {
      env.SOURCE_DATE_EPOCH = '1700000000';
      env.FIREKILN_DATA_DIR = at('data');
      const contexts = makeFaultContexts(folder.path, variants);
      await using registry = await serveFakeRegistry();
      const manifests = new Map(pulled.map((tag) => [`${registry.host}/app:${tag}`, serveFaultImage(registry, tag)]));
      const references = await Promise.all(contexts.map(async (context, i) => await makeReference(context, i)));
      const choose = (lane: number) => chooseCommand(lane, { contexts, references, manifests });
      const expected = new Expectation();
      let killed = 0;
      let ended = 0;
      for (let round = 0; killed < kills; round++) {
        const commands = Array.from({ length: lanes }, (_, lane) => choose(lane));
        const ends = await Promise.all(commands.map(async ({ program }) => await runUntilKilled(program)));
        for (const [lane, command] of commands.entries()) expected.note(command, ends[lane] === 'ended');
        killed += ends.filter((end) => end === 'killed').length;
        ended += ends.filter((end) => end === 'ended').length;
        await purge(round % 20 === 0);
        expected.check(auditStore(at('data')));
        expectOnlyLeftovers();
      }
      console.log(`${killed} commands were killed, ${ended} came to their end`);
      // Kills strike at all points, the last ones too.
      expect(ended).toBeGreaterThan(kills / 10);
      expect(new Set([...expected.images.values()].map((states) => [...states][0])).size).toBeGreaterThan(2);
      expect(expected.artifacts.size).toBeGreaterThan(0);
      for (const key of expected.artifacts.keys()) {
        const path = at('data/store/artifacts', key);
        if (existsSync(path)) await runProcess(findTool('e2fsck') ?? '', { args: ['-fn', path] });
      }
      // All works as before.
      for (const command of Array.from({ length: 4 * lanes }, (_, i) => choose(i % lanes))) {
        const [program = '', ...args] = command.program;
        await runProcess(program, { args, env });
        expected.note(command, true);
      }
      await purge(true);
      expected.check(auditStore(at('data')));
      await expectNoLeftovers(contexts[0] ?? '');
    },
    60_000 + kills * 1500,
  );
});

async function makeReference(context: string, variant: number): Promise<Reference> {
  const folder = at(`reference${variant}`);
  mkdirSync(folder);
  const args = ['build', '-q', '-t', 'app:1', ...Object.keys(outputs).flatMap((name) => outputFlags(name, folder))];
  const result = await runCli([...args, context], {
    dataDir: join(folder, 'data'),
    env: { SOURCE_DATE_EPOCH: env.SOURCE_DATE_EPOCH ?? '' },
  });
  expect(result.status, result.stderr).toBe(0);
  {
    await using store = await openStore({ dataDir: join(folder, 'data') });
    await store.gc();
  }
  const contents = Object.keys(outputs).map((name) => [name, contentOf(join(folder, name))]);
  return {
    manifest: auditStore(join(folder, 'data')).images.get(shown('app:1')) ?? '',
    outputs: Object.fromEntries(contents) as Reference['outputs'],
  };
}

function outputFlags(name: string, folder: string): string[] {
  const more = name === 'disk.ext4' ? ',free=1m' : '';
  return ['-o', `type=${outputs[name as Output]},dest=${join(folder, name)}${more}`];
}

/** Lanes run at the same time, in the same store, but each has names and files of its own. */
function chooseCommand(
  lane: number,
  known: {
    readonly contexts: readonly string[];
    readonly references: readonly Reference[];
    readonly manifests: ReadonlyMap<string, string>;
  },
): Command {
  const firekiln = (...args: string[]) => [process.execPath, bundle(), ...args];
  const name = `app${lane}:${random(2)}`;
  switch (random(10)) {
    case 0:
      return { program: firekiln('rmi', '-f', name), sets: new Map([[shown(name), undefined]]) };
    case 1:
      return { program: firekiln('purge', '--filter', 'type=cache', '--filter', 'type=segment'), sets: new Map() };
    case 2:
      return { program: firekiln('purge', '--keep-storage', '2mb'), sets: new Map() };
    case 3:
    case 4: {
      // Pulled by all, and never removed.
      const [image, manifest] = [...known.manifests][random(known.manifests.size)] ?? ['', ''];
      return { program: firekiln('pull', '-q', image), sets: new Map([[image, manifest]]) };
    }
    case 5:
      return { program: [process.execPath, segmentWorker.pathname, at('data'), shown(name)], sets: new Map() };
    default: {
      const variant = random(variants);
      const file = Object.keys(outputs)[random(3)] as Output;
      const { manifest, outputs: contents } = known.references[variant] as Reference;
      const flags = ['build', '-q', '-t', name, ...outputFlags(file, at(`out${lane}`))];
      return {
        program: firekiln(...flags, known.contexts[variant] ?? ''),
        sets: new Map([[shown(name), manifest]]),
        writes: { path: at(`out${lane}`, file), content: contents[file] },
      };
    }
  }
}

/** Milliseconds within which commands are killed, by their kind; so that about one of four gets to its end. The first is let. */
const limits = new Map<string, number>();

async function runUntilKilled([program = '', ...args]: readonly string[]): Promise<'killed' | 'ended'> {
  const kind = args[1] ?? '';
  const limit = limits.get(kind);
  const child = await startProcess(program, { args, env });
  const timer = setTimeout(() => child.kill('SIGKILL'), (limit ?? 60_000) * (0.1 + 0.9 * Math.random()));
  const { signal, exitCode, stderr, durationMs } = await child.result;
  clearTimeout(timer);
  limits.set(kind, limit === undefined ? 1.2 * durationMs : limit * (signal === 'SIGKILL' ? 1.04 : 0.9));
  if (signal === 'SIGKILL') return 'killed';
  // An image that is not there, or whose content another lane has taken meanwhile.
  if (exitCode === 1 && /error\[IMAGE_NOT_FOUND\]/.test(stderr.toString()) && args.includes('rmi')) return 'ended';
  const said = stderr.toString().replaceAll(/^waiting for .*\n/gm, '');
  expect(`${args.join(' ')}: ${exitCode} ${said}`).toBe(`${args.join(' ')}: 0 `);
  return 'ended';
}

async function purge(asCommand: boolean): Promise<void> {
  if (!asCommand) {
    await using store = await openStore({ dataDir: at('data'), signal: AbortSignal.timeout(120_000) });
    await store.gc({ signal: AbortSignal.timeout(120_000) });
    return;
  }
  await runProcess(process.execPath, { args: [bundle(), 'purge'], env, timeoutMs: 120_000 });
}

/** A killed command leaves no half output; what it leaves beside it the next one to the same place removes. */
function expectOnlyLeftovers(): void {
  for (let lane = 0; lane < lanes; lane++) {
    if (!existsSync(at(`out${lane}`))) continue;
    for (const name of readdirSync(at(`out${lane}`))) if (!(name in outputs)) expect(name).toMatch(/^\.tmp-firekiln-/);
  }
}

async function expectNoLeftovers(context: string): Promise<void> {
  for (let lane = 0; lane < lanes; lane++) {
    const flags = Object.keys(outputs).flatMap((name) => outputFlags(name, at(`out${lane}`)));
    await runProcess(process.execPath, { args: [bundle(), 'build', '-q', ...flags, context], env });
    expect(readdirSync(at(`out${lane}`)).sort()).toEqual(Object.keys(outputs).sort());
  }
}

/** Of a file, or of an OCI layout by its blobs; its index also has the name. */
function contentOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return sha256(path);
  const blobs = readdirSync(join(path, 'blobs/sha256')).sort();
  expect(blobs.map((name) => sha256(join(path, 'blobs/sha256', name)))).toEqual(blobs);
  const { manifests } = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  expect(manifests.filter(({ digest }) => !blobs.includes(digest.slice('sha256:'.length)))).toEqual([]);
  return blobs.join();
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
