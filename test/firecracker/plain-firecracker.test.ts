import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../../src/base/process.ts';
import { openStore } from '../../src/store/open-store.ts';
import { makeBusyboxImage } from '../support/busybox-image.ts';
import { type BedCli, bedDataDir, openBedCli } from '../support/firecracker/bed-cli.ts';

const dockerfile = `FROM plain:1
RUN busybox ip -4 -o addr show dev eth0 >/built
WORKDIR /srv
USER app
ENV GREETING="hello 'you'"
CMD ["sh", "-c", "echo \\"$GREETING $(id -u) $PWD $(cat /built)\\"; exit 7"]
`;
const long = { timeout: 600_000 };

describe.skipIf(process.env.FIREKILN_TEST_BED !== '1')('Firecracker without its jailer', () => {
  let cli: BedCli;
  const at = (name: string) => join(cli.folder, name);
  const build = ['build', '--driver=firecracker', '--no-jailer', '--memory=128m', '--cpus=1', '--log-as-json'];

  beforeAll(async () => {
    cli = await openBedCli();
    await using store = await openStore({ dataDir: bedDataDir });
    await makeBusyboxImage(store, 'docker.io/library/plain:1', {});
    await mkdir(at('context'));
    await writeFile(at('context/Dockerfile'), dockerfile);
  });
  afterAll(async () => await cli[Symbol.asyncDispose]());

  it('is told of; a build keeps what is of its network where it was told, and nothing in the end', long, async () => {
    const places = { results: at('cache/results'), netns: at('netns') };
    const network = ['--network=machine-builds', `--cni-cache-dir=${at('cache')}`, `--netns=${places.netns}`];
    const seen = new Set<string>();
    const over = new AbortController();
    const watching = (async () => {
      while (!over.signal.aborted) {
        for (const [kind, folder] of Object.entries(places)) {
          for (const name of await readdir(folder).catch(() => [])) seen.add(`${kind} ${name}`);
        }
        await sleep(100, undefined, { signal: over.signal }).catch(() => {});
      }
    })();
    const { stderr } = await cli.good(
      ...build,
      ...network,
      `--output=type=firecracker,dest=${at('out')},free=64m`,
      at('context'),
    );
    over.abort();
    await watching;
    const warned = stderr
      .split('\n')
      .filter((line) => line.includes('jailer'))
      .map((line) => JSON.parse(line) as object);
    expect(warned).toEqual([
      expect.objectContaining({ '@level': 'warn', '@message': 'Firecracker runs without its jailer, as root' }),
    ]);
    const id = /^netns firekiln-(build-\S+)$/m.exec([...seen].join('\n'))?.[1];
    expect([...seen].sort()).toEqual([`netns firekiln-${id}`, `results machine-builds-${id}-eth0`]);
    for (const folder of Object.values(places)) expect(await readdir(folder)).toEqual([]);
  });

  it('alone boots the folder of -o type=firecracker into the program of the image', long, async () => {
    const { stdout } = await runProcess('firecracker', {
      args: ['--no-api', '--config-file', 'config.json'],
      cwd: at('out'),
      timeoutMs: 300_000,
    });
    const said = String(stdout);
    expect(said).toMatch(/hello 'you' 1000 \/srv 2: eth0 .*inet 192\.168\.128\.\d+\/24/);
    expect(said).toContain('firekiln: the program ended with exit code 7');
  });

  it.runIf(process.env.FIREKILN_TEST_FULL === '1')(
    'refuses a CPU template that the processor has not',
    long,
    async () => {
      const isIntel = (await readFile('/proc/cpuinfo', 'utf8')).includes('GenuineIntel');
      const { status, stderr } = await cli.run(...build, '--no-cache', '--machine-cpu-template=T2S', at('context'));
      if (isIntel) {
        expect(status, stderr).toBe(0);
        return;
      }
      expect(status).toBe(1);
      expect(stderr).toMatch(/Firecracker refused PUT .*[Tt]emplate/);
    },
  );
});
