import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let bed: BuildBed;
beforeEach(async () => {
  bed = await openBuildBed(folder.path);
  bed.images.set('base', [new MemoryLayerBuilder().file('a', 'a').build()]);
});
afterEach(async () => await bed[Symbol.asyncDispose]());

const dockerfile = (...steps: readonly string[]) => `FROM base\n${steps.map((step) => `RUN ${step}\n`).join('')}`;
const mounted = (i: number) => bed.executor.requests[0]?.steps[i]?.mounts;

describe('RUN', () => {
  it('are told of with their variables replaced, and quotes and escapes as they were written', async () => {
    await bed.buildText('FROM base\nARG X=one\nRUN nothing "a \\"b\\" $X" \\$X \'c\\d\' "\\\\n" $UNSET\n');
    expect(bed.told('finished').at(-1)).toBe('[2/2] RUN nothing "a \\"b\\" one" \\$X \'c\\d\' "\\\\n" $UNSET');
  });

  it('steps that follow one another run in one VM, each gives a layer, and none the second time', async () => {
    const text = dockerfile('write b b', 'nothing', 'remove a');
    const first = await bed.buildText(text);
    expect(bed.executor.runs).toEqual([['write b b', 'nothing', 'remove a']]);
    expect(bed.executor.requests[0]?.parent).toEqual(first.layers.slice(0, 1));
    expect(bed.told('finished').slice(1)).toEqual(['[2/4] RUN write b b', '[3/4] RUN nothing', '[4/4] RUN remove a']);
    expect([first.layers.length, [...(await bed.facts(first)).keys()]]).toEqual([4, ['/', '/b']]);
    const second = await bed.buildText(text);
    expect([second.id, bed.executor.requests.length]).toEqual([first.id, 1]);
    await bed.buildText(dockerfile('write b b', 'nothing', 'write c c'));
    expect(bed.executor.runs.slice(1)).toEqual([['write c c']]);
  });

  it('a failure tells command, exit code, last lines and line; what came before is kept', async () => {
    const failing = dockerfile('write b b', 'fail 3', 'nothing');
    await expect(bed.buildText(failing)).rejects.toMatchObject({
      code: 'RUN_FAILED',
      message: '"/bin/sh -c fail 3" ended with exit code 3',
      details: ['so sad'],
      source: { ranges: [{ startLine: 3 }] },
    });
    expect(bed.told('failed')).toEqual(['[3/4] RUN fail 3']);
    await bed.buildText(dockerfile('write b b', 'write c c'));
    expect(bed.executor.runs.slice(1)).toEqual([['write c c']]);
  });

  it('each has a VM of its own with --isolation step', async () => {
    await bed.buildText(dockerfile('write b b', 'write c c'), {}, { isolation: 'step' });
    expect(bed.executor.runs).toEqual([['write b b'], ['write c c']]);
    expect(bed.executor.requests[1]?.parent.length).toBe(2);
  });

  it('a VM that dies is no exit code, and is told of at the step', async () => {
    await expect(bed.buildText(dockerfile('crash'))).rejects.toThrow('the VM has died');
    expect(bed.told('failed')).toEqual(['[2/2] RUN crash']);
  });

  it('environment and proxies reach the step; only the environment counts', async () => {
    const text = `FROM base\nENV A=1\n${dockerfile('write b b').split('\n')[1]}\n`;
    const proxy = (value: string) => ({ buildArgs: new Map([['http_proxy', value]]) });
    await bed.buildText(text, {}, proxy('http://one'));
    const [step] = bed.executor.requests[0]?.steps ?? [];
    expect(step?.env).toEqual(expect.arrayContaining(['A=1', 'http_proxy=http://one']));
    await bed.buildText(text, {}, proxy('http://two'));
    expect(bed.executor.requests.length).toBe(1);
    await bed.buildText(text.replace('A=1', 'A=2'), {}, proxy('http://two'));
    expect(bed.executor.requests.length).toBe(2);
  });
});

describe('mounts', () => {
  it('of a context count by the files that the step sees', async () => {
    const text = 'FROM base\nRUN --mount=type=bind,source=src,target=/src write b b\n';
    await bed.buildText(text, { 'src/f': '1', other: '1' });
    expect(mounted(0)).toMatchObject([{ type: 'bind', target: '/src', source: '/src', writable: false }]);
    await bed.buildText(text, { 'src/f': '1', other: '2' });
    expect(bed.executor.requests.length).toBe(1);
    await bed.buildText(text, { 'src/f': '2', other: '2' });
    expect(bed.executor.requests.length).toBe(2);
    await bed.buildText(text.replace('=src,', '=../src,'), { 'src/f': '2' });
    expect(bed.executor.requests.length).toBe(2);
    await expect(bed.buildText(text, { other: '' })).rejects.toMatchObject({ code: 'COPY_SOURCE_MISSING' });
  });

  it('secrets reach the step and nothing else: no key, no record, no event', async () => {
    const text = 'FROM base\nRUN --mount=type=secret,id=token,env=TOKEN write b b\n';
    const secret = (value: string) => ({ env: { T: value } });
    const request = { secrets: [{ id: 'token', env: 'T' }] };
    await bed.buildText(text, {}, request, secret('zebra-in-the-night'));
    expect(mounted(0)).toMatchObject([{ type: 'secret', env: 'TOKEN', data: Buffer.from('zebra-in-the-night') }]);
    await bed.buildText(text, {}, request, secret('another-animal'));
    expect(bed.executor.requests.length).toBe(1);
    expect(JSON.stringify(bed.events)).not.toContain('animal');
    const found = execFileSync('sh', [
      '-c',
      'grep -rl -e zebra-in-the-night -e another-animal "$0" || true',
      folder.path,
    ]);
    expect(found.toString()).toBe('');
  });

  it('secrets and agents that are required and were not given are told of; others are left out', async () => {
    const step = (flag: string) => `FROM base\nRUN --mount=${flag} write b b\n`;
    for (const type of ['secret', 'ssh']) {
      await expect(bed.buildText(step(`type=${type},id=x,required`))).rejects.toMatchObject({
        code: 'SECRET_MISSING',
        source: { ranges: [{ startLine: 2 }] },
      });
      const behind = step(`type=${type},id=y,required`).replace('\n', '\nRUN write c c\n');
      await expect(bed.buildText(behind)).rejects.toMatchObject({ source: { ranges: [{ startLine: 3 }] } });
      await bed.buildText(step(`type=${type},id=x`));
      expect(bed.executor.requests.at(-1)?.steps[0]?.mounts).toEqual([]);
    }
    await bed.buildText(step('type=secret,id=x,env=X,target=/x,mode=4711'));
    const variable = { type: 'secret', env: 'X', data: new Uint8Array(), mode: 0o711, uid: 0, gid: 0 };
    expect(bed.executor.requests.at(-1)?.steps[0]?.mounts).toEqual([variable]);
  });

  it('secrets whose files are missing are told of before anything is built, also of no step that needs them', async () => {
    const secrets = [{ id: 'x', path: '/nowhere' }];
    await expect(bed.buildText('FROM base\nRUN write b b\n', {}, { secrets })).rejects.toMatchObject({
      code: 'SECRET_MISSING',
      message: 'the secret x: there is no file /nowhere',
    });
    expect(bed.executor.requests).toEqual([]);
  });

  it('of a cache are one image that steps of different stages wait for', async () => {
    const gate = Promise.withResolvers<void>();
    bed.executor.gate = gate.promise;
    const stage = (name: string) => `FROM base AS ${name}\nRUN --mount=type=cache,target=/c,id=c pause ${name}\n`;
    const built = bed.buildText(
      `${stage('one')}${stage('two')}FROM base\nCOPY --from=one /a /1\nCOPY --from=two /a /2\n`,
    );
    await expect.poll(() => bed.executor.requests.length).toBe(1);
    // The other one is waiting for the image, which is in use.
    expect((await bed.store.cacheMounts.list()).map(({ id, inUse }) => [id, inUse])).toEqual([['c', true]]);
    expect(bed.executor.requests.length).toBe(1);
    gate.resolve();
    await built;
    const paths = bed.executor.requests.flatMap(({ steps }) => steps.flatMap(({ mounts }) => mounts));
    expect(new Set(paths.map((mount) => (mount.type === 'cache' ? mount.imagePath : ''))).size).toBe(1);
    const [mount] = await bed.store.cacheMounts.list();
    expect(mount).toMatchObject({
      inUse: false,
      label: '/c',
      usedBy: expect.stringMatching(/^build of .*Dockerfile$/),
    });
  });

  it('of a cache are the same if their id is, and what they began as', async () => {
    const cache = (options: string, target = '/c') => `--mount=type=cache,id=c,target=${target}${options} nothing`;
    const flags = [
      '',
      ',sharing=private',
      ',source=/sub',
      ',mode=0755',
      ',mode=755,source=/',
      ',uid=7',
      ',mode=0700,source=/x',
    ];
    const others = [',from=base', ',from=base,source=/x', ',from=other', ',from=base,gid=1'];
    await bed.buildText(
      `FROM base AS other\nRUN write b b\n${dockerfile(...[...flags, ...others].map((one) => cache(one)))}`,
    );
    const steps = bed.executor.requests.at(-1)?.steps ?? [];
    const images = steps.map(({ mounts: [mount] }) => (mount?.type === 'cache' ? mount.imagePath : ''));
    const first = (index: number) => images.indexOf(images[index] ?? '');
    expect(images.map((_, i) => first(i))).toEqual([0, 0, 0, 3, 3, 5, 0, 7, 7, 9, 10]);
    expect((await bed.store.cacheMounts.list()).map(({ id }) => id.replace(/from=\w{16}\b/, 'from=..'))).toEqual([
      'c',
      ...['c from=..', 'c from=..', 'c from=.. mode=0755 uid=0 gid=1'].sort(),
      'c mode=0755 uid=0 gid=0',
      'c mode=0755 uid=7 gid=0',
    ]);
    expect(steps.map(({ mounts: [mount] }) => mount?.type === 'cache' && mount.source).slice(2, 5)).toEqual([
      '/sub',
      '/cache',
      '/cache',
    ]);
  });

  it('of a cache with an id of its own do not make a step another by their id', async () => {
    const build = async (options: string, args = {}) => {
      await bed.buildText(dockerfile(`--mount=type=cache,target=/c${options} write b b`), {}, args);
      return bed.executor.requests.length;
    };
    const namespace = { buildArgs: new Map([['BUILDKIT_CACHE_MOUNT_NS', 'ns']]) };
    expect([await build(',id=x'), await build(',id=y,sharing=locked'), await build(',id=x', namespace)]).toEqual([
      1, 1, 1,
    ]);
    expect([await build(''), await build('', namespace), await build(',id=/c')]).toEqual([2, 3, 3]);
    expect(await build(',id=x,mode=0700')).toBe(4);
  });

  it('that need more drives than a VM has cut the run, or are refused', async () => {
    const cache = (i: number) => `--mount=type=cache,target=/c${i} write ${i} ${i}`;
    await bed.buildText(dockerfile(cache(1), cache(2), cache(3)), {}, {}, { maxSegments: 6 });
    expect(bed.executor.runs.map((run) => run.length)).toEqual([2, 1]);
    expect(bed.executor.requests[1]?.parent.length).toBe(3);
    const mounts = [1, 2, 3, 4].map((i) => `--mount=type=cache,target=/d${i}`).join(' ');
    await expect(bed.buildText(dockerfile(`${mounts} nothing`), {}, {}, { maxSegments: 4 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});
