import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../src/base/events.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { makeBusyboxImage } from '../../support/busybox-image.ts';
import { type CliOptions, type CliResult, runCli } from '../../support/cli.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { shareAppliance } from '../../support/share-appliance.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';
import { describeWithTools } from '../../support/tools.ts';

const epoch = '1700000000';

const steps = `
LABEL z=1 a=2
WORKDIR /srv/app
COPY . .
ADD files.tar /unpacked/
COPY --chown=app:users --chmod=640 b.txt /etc/b
`;
const run = `
RUN mkdir -p /made/z /made/a && for i in 9 1 5; do echo $i > /made/z/$i; done && ln -s z /made/link \\
  && echo sub > /made/a/one && rm /data/seed /srv/app/b.txt && touch /etc/passwd && dd if=/dev/zero of=/made/zeros bs=1024 count=300
`;
const withoutRun = `FROM base:1 AS first\n${steps}FROM first\nCOPY --from=first /srv/app/ünter /copied\n`;
const withRun = `FROM base:1 AS first\n${steps}${run}FROM first\nCOPY --from=first /made /copied\n`;

const files: Readonly<Record<string, { readonly text: string | Uint8Array; readonly mode: number }>> = {
  'b.txt': { text: 'b\n', mode: 0o644 },
  'a/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
  'a/Z': { text: 'Z', mode: 0o600 },
  'a/i': { text: 'i', mode: 0o644 },
  'a/İ': { text: 'İ', mode: 0o644 },
  'ünter/ä': { text: 'ä', mode: 0o664 },
  'ünter/z': { text: 'z', mode: 0o664 },
  'files.tar': {
    text: rawTar([
      { name: 'old', data: Buffer.from('old') },
      { name: 'dir/', typeFlag: '5' },
    ]),
    mode: 0o644,
  },
};

const outputs = ['disk.ext4', 'files.tar', 'layout', 'layout.tar', 'docker.tar', 'files', 'machine'] as const;
const types = {
  'disk.ext4': 'ext4',
  'files.tar': 'tar',
  'layout.tar': 'oci',
  layout: 'oci',
  'docker.tar': 'docker',
  files: 'dir',
  machine: 'firecracker',
};
const hasFreeSpace: readonly string[] = ['disk.ext4', 'machine'];
/** What needs a kernel and an appliance. */
const outputsFor = (vm: boolean) => outputs.filter((name) => vm || name !== 'machine');

/** The modes of a context are part of it; times and the order in which its files were made are not. */
function makeContext(folder: string, { reversed, time }: { readonly reversed: boolean; readonly time: number }): void {
  const names = Object.keys(files);
  for (const name of reversed ? names.toReversed() : names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), files[name]?.text ?? '');
    chmodSync(join(folder, name), files[name]?.mode ?? 0);
  }
  symlinkSync('b.txt', join(folder, 'link'));
  linkSync(join(folder, 'a/run.sh'), join(folder, reversed ? 'ünter/same' : 'a/other'));
  linkSync(join(folder, 'a/run.sh'), join(folder, reversed ? 'a/other' : 'ünter/same'));
  for (const name of ['', 'a', 'ünter']) chmodSync(join(folder, name), 0o755);
  for (const name of ['', 'a', 'ünter', ...names]) utimesSync(join(folder, name), time, time);
}

/** Digests of all outputs; of folders also the names, kinds and, where they are the image's, modes and times. */
function digests(folder: string): Record<string, unknown> {
  const sha = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const facts: Record<string, unknown> = {};
  const walk = (path: string, isTree: boolean) => {
    const stat = lstatSync(join(folder, path));
    const own = isTree && !stat.isSymbolicLink() ? [stat.mode & 0o1777, stat.mtimeMs] : [];
    const content = stat.isSymbolicLink()
      ? readlinkSync(join(folder, path))
      : stat.isFile()
        ? sha(join(folder, path))
        : '';
    facts[path] = [...own, content];
    if (stat.isDirectory()) for (const name of readdirSync(join(folder, path))) walk(`${path}/${name}`, isTree);
  };
  for (const name of readdirSync(folder)) walk(name, name === 'files');
  return facts;
}

/** `created` of an image and its history: the base's are later than the epoch. */
function configTimes(layout: string): string[] {
  const blob = (digest: string) =>
    JSON.parse(readFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), 'utf8'));
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  const config = blob(blob(index.manifests[0].digest).config.digest);
  return [config.created, ...config.history.map(({ created }: { created: string }) => created)];
}

describeWithTools(['busybox', 'qemu-system-x86_64'], 'with SOURCE_DATE_EPOCH every output has the same bytes', () => {
  const folder = useTemporaryFolder();
  const at = (...names: string[]) => join(folder.path, ...names);

  const prepare = async (name: string, { vm, reversed, time }: { vm: boolean; reversed: boolean; time: number }) => {
    chmodSync(folder.path, 0o755);
    mkdirSync(at(name, 'out'), { recursive: true });
    makeContext(at(name, 'context'), { reversed, time });
    await using store = await openStore({ dataDir: at(name, 'data'), emitter: silentEmitter });
    await makeBusyboxImage(store, 'docker.io/library/base:1', {});
    if (vm) await shareAppliance(at(name, 'data'));
  };
  const build = async (
    name: string,
    { dockerfile, vm }: { dockerfile: string; vm: boolean },
    options: CliOptions,
    args: string[] = [],
  ): Promise<CliResult> => {
    const out = outputsFor(vm).flatMap((file) => [
      '-o',
      `type=${types[file]},dest=${at(name, 'out', file)}${hasFreeSpace.includes(file) ? ',free=8m' : ''}`,
    ]);
    const all = [
      'build',
      '--progress',
      'plain',
      '--no-cache',
      '-t',
      'app:1',
      ...out,
      ...args,
      '-f',
      '-',
      at(name, 'context'),
    ];
    const result = await runCli(all, { ...options, dataDir: at(name, 'data'), stdin: dockerfile });
    expect(result.status, result.stderr).toBe(0);
    return result;
  };

  it.each([
    ['without RUN', withoutRun, false],
    ['with RUN', withRun, true],
  ])('%s: in another data dir, folder order, time, user, umask, time zone and locale', async (_, dockerfile, vm) => {
    const env = { SOURCE_DATE_EPOCH: epoch };
    await prepare('one', { vm, reversed: false, time: 1_750_000_000 });
    await build('one', { dockerfile, vm }, { umask: 0o022, env: { ...env, TZ: 'UTC', LC_ALL: 'C' } });
    await prepare('two', { vm, reversed: true, time: 1_790_000_000.5 });
    // What is written into a folder that is there gets the same modes and times.
    mkdirSync(at('two/out/files/copied'), { recursive: true });
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync('chown', ['-R', '1234:1234', at('two')]);
    const { stderr } = await build(
      'two',
      { dockerfile, vm },
      {
        ...(isRoot ? { user: 1234 } : {}),
        umask: 0o077,
        cwd: at('two'),
        env: { ...env, TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', HOME: at('two') },
      },
      vm ? [] : ['--check-reproducible'],
    );
    expect(stderr.includes('reproducible: ')).toBe(!vm);
    const [one, two] = [digests(at('one', 'out')), digests(at('two', 'out'))];
    expect(two).toEqual(one);
    expect(readdirSync(at('one/out')).sort()).toEqual(outputsFor(vm).sort());
    expect(Object.keys(one)).toContain(vm ? 'files/copied/a/one' : 'files/copied/ä');
    expect(configTimes(at('one/out/layout')).filter((time) => Date.parse(time) > Number(epoch) * 1000)).toEqual([]);
    const times = execFileSync('tar', ['-tvf', at('one/out/files.tar'), '--utc', '--full-time'], { encoding: 'utf8' });
    const latest = new Date(Number(epoch) * 1000).toISOString().replace('T', ' ').slice(0, 19);
    for (const [time] of times.matchAll(/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/g)) expect(time <= latest).toBe(true);
  });

  it('--check-reproducible fails where new files have the time of the build', async () => {
    mkdirSync(at('context'));
    const result = await runCli(['build', '--check-reproducible', '-t', 'app:1', '-f', '-', at('context')], {
      dataDir: at('data'),
      env: { SOURCE_DATE_EPOCH: '' },
      stdin: 'FROM scratch\nWORKDIR /srv\n',
    });
    expect(result.stderr).toMatch(/error\[NOT_REPRODUCIBLE\]: \[.*\] WORKDIR \/srv .*: \/srv: mtime is/);
    expect(result.stderr).toMatch(/hint: .*SOURCE_DATE_EPOCH/);
    expect(result.status).toBe(1);
  });
});
