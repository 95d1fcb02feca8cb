import { appendFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { textOf } from '../../../src/base/byte-string.ts';
import type { BuildServices } from '../../../src/build/build-services.ts';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import type { FileSource } from '../../../src/source/file-source.ts';
import { openLocalContext } from '../../../src/source/local/local-context.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
let bed: BuildBed;
beforeEach(async () => {
  bed = await openBuildBed(folder.path);
  bed.images.set('base', [new MemoryLayerBuilder().file('etc/passwd', 'me:x:7:8::/:/bin/sh\n').build()]);
});
afterEach(async () => await bed[Symbol.asyncDispose]());

const copyTwice = 'FROM base\nCOPY a.txt /x/\nCOPY b.txt /x/\n';

describe('COPY from the context', () => {
  it('is done once, whatever the times of the files, the folder and the order', async () => {
    const first = await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    expect(bed.told('started')).toEqual([
      expect.stringContaining('FROM base'),
      '[2/3] COPY a.txt /x/',
      '[3/3] COPY b.txt /x/',
    ]);
    const second = await bed.buildText(copyTwice, { 'b.txt': 'b', 'a.txt': 'a', 'other.txt': 'not copied' });
    expect([second.id, second.layers]).toEqual([first.id, first.layers]);
    expect([bed.told('started'), bed.told('cached').length]).toEqual([[], 3]);
    expect(bed.brought).toEqual(['base']);
  });

  it('opens each layer of its chain once, however many steps there are', async () => {
    const { layers } = bed.store;
    const opened = vi.spyOn(layers, 'open');
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const steps = names.map((name) => `COPY ${name} /x/\n`).join('');
    await bed.buildText(`FROM base\n${steps}`, Object.fromEntries(names.map((name) => [name, name])));
    const digests = opened.mock.calls.map(([diffId]) => diffId);
    expect([digests.length, new Set(digests).size]).toEqual([20, 20]);
  });

  it('is done again from the first source that has changed, or whose mode has', async () => {
    await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'B' });
    expect(bed.told('started')).toEqual(['[3/3] COPY b.txt /x/']);
    await bed.buildText(copyTwice, { 'a.txt': 'A', 'b.txt': 'b' });
    expect(bed.told('started').length).toBe(2);
  });

  it('of a file that is changed while it is read fails by name', async () => {
    await expect(
      bed.buildText('FROM scratch\nCOPY f /\n', { f: 'one' }, {}, { sources: growing }),
    ).rejects.toMatchObject({
      code: 'CONTEXT_CHANGED',
      message: expect.stringContaining('/f was changed'),
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it.each([
    ['COPY nope.txt /', 'nope.txt', undefined],
    ['COPY a.tx /', 'a.tx', 'Did you mean a.txt?'],
    ['COPY A.txt /', 'A.txt', 'There is /a.txt: upper and lower case differ.'],
    [
      'COPY ../a.tx /',
      'a.tx',
      expect.stringMatching(/^\.\.\/a\.tx leads out of the context.*as \/a\.tx\..*-f DOCKERFILE/),
    ],
    ['COPY x/../../y a.txt /d/', 'y', expect.stringMatching(/^x\/\.\.\/\.\.\/y leads out of the context/)],
    [
      'RUN --mount=target=/m,source=../a.tx x',
      'a.tx',
      expect.stringMatching(/^\.\.\/a\.tx leads out of .*--mount=from=NAME/),
    ],
    ['COPY x/../a.tx /', 'a.tx', 'Did you mean a.txt?'],
    ['COPY /a.tx /', 'a.tx', 'Did you mean a.txt?'],
    ['COPY /etc/passwd /', '/etc/passwd', expect.stringMatching(/^Paths start at the context, .*--build-context/)],
    ['COPY --from=base /etc/passw /', '/etc/passw', 'Did you mean passwd?'],
    ['ADD --unpack=false sub/a.txt /', 'sub/a.txt', undefined],
  ])('%s says what is missing and where it was looked for', async (instruction, name, hint) => {
    await expect(bed.buildText(`FROM base\n${instruction}\n`, { 'a.txt': '' })).rejects.toMatchObject({
      code: 'COPY_SOURCE_MISSING',
      message: expect.stringMatching(`/?${name} was not found in .+`),
      hint,
      source: { ranges: [{ startLine: 2 }] },
    });
    expect(bed.executor.requests).toEqual([]);
  });
});

describe('the layer of a COPY', () => {
  const pathsOf = async (image: Awaited<ReturnType<BuildBed['buildText']>>) =>
    await Promise.all(
      image.layers.map(async (diffId) => {
        using layer = await bed.store.layers.open(diffId);
        return Array.from(layer.index.entries(), ({ path }) => textOf(path));
      }),
    );
  const files = { 'd/a': 'one', 'd/b': 'two', 'e/c': 'three' };

  it('tells nothing of what is there already as it is', async () => {
    const image = await bed.buildText('FROM scratch\nCOPY . /x/\nCOPY d /x/d\nCOPY . /x/\n', files);
    expect((await pathsOf(image)).slice(1)).toEqual([[], []]);
  });

  it.each([
    ['content of the same size and time', 'COPY <<EOF /x/d/a\nONE\nEOF', ['x', 'x/d', 'x/d/a']],
    ['another mode', 'COPY --chmod=711 d/a /x/d/', ['x', 'x/d', 'x/d/a']],
    ['another owner', 'COPY --chown=1 d /x/d/', ['x', 'x/d', 'x/d/a', 'x/d/b']],
    ['another folder of the same files', 'COPY d /x/e/', ['x', 'x/e', 'x/e/a', 'x/e/b']],
  ])('tells of %s', async (_, step, paths) => {
    const dockerfile = `FROM scratch\nCOPY <<EOF /x/d/a\none\nEOF\nCOPY . /x/\n${step}\n`;
    expect((await pathsOf(await bed.buildText(dockerfile, files))).at(-1)).toEqual(paths);
  });
});

it('COPY of a file of the context by its path on the host says how to write it', async () => {
  const context = join(folder.path, 'ctx');
  await mkdir(context);
  await writeFile(join(context, 'a.txt'), '');
  await writeFile(join(context, 'Dockerfile'), `FROM scratch\nCOPY ${context}/a.txt /\n`);
  await expect(bed.build({ context })).rejects.toMatchObject({
    code: 'COPY_SOURCE_MISSING',
    hint: 'Paths start at the context, not at the root of the host: write a.txt.',
  });
});

describe('COPY from a stage', () => {
  const stages = (text: string) =>
    `FROM base AS made\nCOPY ${text} /out/f\nFROM base\nCOPY --from=made /out /o\nWORKDIR /w\n`;

  it('counts by what the stage holds, not by how that was made', async () => {
    const files = { 'one.txt': 'same', 'two.txt': 'same', 'three.txt': 'other' };
    const first = await bed.buildText(stages('one.txt'), files);
    const second = await bed.buildText(stages('two.txt'), files);
    // The stage itself is made again: its step says something else.
    expect(bed.told('started')).toEqual(['[made 2/2] COPY two.txt /out/f']);
    expect(second.layers).toEqual(first.layers);
    await bed.buildText(stages('three.txt'), files);
    expect(bed.told('started').length).toBe(3);
  });

  it('looks owners up in the files as they are at the step', async () => {
    const dockerfile = 'FROM base\nCOPY --chown=me a /1\nCOPY passwd /etc/passwd\nCOPY --chown=me a /2\n';
    const facts = await bed.facts(await bed.buildText(dockerfile, { a: '', passwd: 'me:x:70:80::/:/bin/sh\n' }));
    expect([facts.get('/1')?.uid, facts.get('/1')?.gid, facts.get('/2')?.uid, facts.get('/2')?.gid]).toEqual([
      7, 8, 70, 80,
    ]);
    await expect(bed.buildText('FROM scratch\nCOPY --chown=me a /\n', { a: '' })).rejects.toMatchObject({
      code: 'OWNER_INVALID',
    });
  });
});

describe('what is known of images and layers', () => {
  it('another name of the same layers is the same base', async () => {
    await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    bed.images.set('elsewhere', bed.images.get('base') ?? []);
    await bed.buildText(copyTwice.replace('base', 'elsewhere'), { 'a.txt': 'a', 'b.txt': 'b' });
    expect([bed.told('started'), bed.brought]).toEqual([[], ['base']]);
  });

  it('a layer that is gone is made again', async () => {
    const { layers } = await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    const last = layers.at(-1) ?? '';
    await rm(join(bed.store.root, 'blobs', 'sha256', last.slice('sha256:'.length)));
    await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    expect(bed.told('started')).toEqual(['[3/3] COPY b.txt /x/']);
  });

  it('--no-cache makes everything again but does not bring the base again', async () => {
    const { layers } = await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' });
    await bed.buildText(copyTwice, { 'a.txt': 'a', 'b.txt': 'b' }, { noCache: true });
    expect(bed.told('started')).toEqual(['[2/3] COPY a.txt /x/', '[3/3] COPY b.txt /x/']);
    expect(layers.length).toBe(3);
  });
});

describe('SOURCE_DATE_EPOCH', () => {
  it('gives the same layers in another store, at another time, and none that is later', async () => {
    const dockerfile = 'FROM base\nWORKDIR /w/x\nCOPY f /new/f\nRUN write later.txt text\n';
    const request = { sourceDateEpoch: 1_000_000_000 };
    const first = await bed.buildText(dockerfile, { f: 'f' }, request);
    const facts = await bed.facts(first);
    for (const path of ['/w', '/w/x', '/new', '/new/f', '/later.txt'])
      expect(facts.get(path)?.mtimeSec).toBe(1_000_000_000);
    await using other = await openBuildBed(join(folder.path, 'other'));
    other.images.set('base', bed.images.get('base') ?? []);
    const second = await other.buildText(dockerfile, { f: 'f' }, request);
    expect(second.layers).toEqual(first.layers);
    expect(second.id).toBe(first.id);
  });

  it('is not asked for: times of the context are kept, what is made has the time of the build', async () => {
    const context = join(folder.path, 'context');
    await mkdir(context);
    await writeFile(join(context, 'f'), '');
    await utimes(join(context, 'f'), 1_234_567_890.5, 1_234_567_890.5);
    await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY f /d/\n');
    const before = Math.floor(Date.now() / 1000);
    const facts = await bed.facts(await bed.build({ context }));
    expect([facts.get('/d/f')?.mtimeSec, facts.get('/d/f')?.mtimeNsec]).toEqual([1_234_567_890, 500_000_000]);
    expect(facts.get('/d')?.mtimeSec).toBeGreaterThanOrEqual(before);
  });
});

describe('ADD of archives', () => {
  const tar = rawTar([
    { name: 'd/', typeFlag: '5' },
    { name: 'd/f', data: Buffer.from('in it') },
  ]);

  it.each([
    ['as they are', tar],
    ['by gzip, in two members', Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))])],
    [
      'by zstd, in two frames',
      Buffer.concat([zstdCompressSync(tar.subarray(0, 700)), zstdCompressSync(tar.subarray(700))]),
    ],
  ])('unpacks them, packed %s, whatever their name', async (_, bytes) => {
    const facts = await bed.facts(await bed.buildText('FROM base\nADD a.txt /to/\n', { 'a.txt': bytes }));
    expect(facts.get('/to/d/f')).toMatchObject({ size: 5, kind: 'file' });
    expect(facts.has('/to/a.txt')).toBe(false);
  });

  it('takes what only looks like one for a file', async () => {
    const files = { empty: '', zeros: Buffer.alloc(1024), cut: gzipSync(tar).subarray(0, 30), text: 'x'.repeat(600) };
    const facts = await bed.facts(await bed.buildText(`FROM base\nADD ${Object.keys(files).join(' ')} /to/\n`, files));
    expect(Object.keys(files).map((name) => facts.get(`/to/${name}`)?.size)).toEqual([0, 1024, 30, 600]);
  });

  it('a damaged one names the entry, and leaves nothing behind', async () => {
    const damaged = Buffer.from(tar);
    damaged[512 + 150] = 0x39;
    await expect(bed.buildText('FROM base\nADD a.tar /to/\n', { 'a.tar': damaged })).rejects.toMatchObject({
      code: 'TAR_INVALID',
      source: { ranges: [{ startLine: 2 }] },
    });
  });

  it('follows symlinks of the image within the destination only', async () => {
    bed.images.set('linked', [
      new MemoryLayerBuilder()
        .folder('etc')
        .folder('to/real')
        .symlink('to/d', 'real')
        .symlink('to/out', '/etc')
        .build(),
    ]);
    const archive = rawTar([
      { name: 'd/f', data: Buffer.from('1') },
      { name: 'out/g', data: Buffer.from('2') },
    ]);
    const facts = await bed.facts(await bed.buildText('FROM linked\nADD a.tar /to/\n', { 'a.tar': archive }));
    expect([...facts.keys()].filter((path) => /[fg]$/.test(path))).toEqual(['/to/etc/g', '/to/real/f']);
  });
});

/** A context whose files become longer after they were looked at, and before they are copied. */
const growing: BuildServices['sources'] = {
  folder: ({ root, description }) => {
    const source = openLocalContext({
      root,
      description,
      ignore: undefined,
      digests: { find: () => undefined, remember: () => {} },
    });
    const lookup: FileSource['lookup'] = (path) => {
      const node = source.lookup(path);
      if (node?.kind !== 'file') return node;
      const digest: typeof node.digest = async (signal) => {
        const found = await node.digest(signal);
        await appendFile(join(root, textOf(path)), 'more');
        return found;
      };
      const { kind, mode, uid, gid, size, mtimeSec, mtimeNsec, identity, links } = node;
      const facts = { kind, mode, uid, gid, size, mtimeSec, mtimeNsec, identity, links };
      return { ...facts, read: (signal) => node.read(signal), digest };
    };
    return { ...source, lookup };
  },
  git: async () => await Promise.reject(new Error('no git')),
  http: async () => await Promise.reject(new Error('no HTTP')),
};
