import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BuildRequest } from '../../../src/build/build-request.ts';
import { MemoryLayerBuilder } from '../../../src/formats/layer-index/memory-layer.ts';
import { type BuildBed, openBuildBed } from '../../support/build-bed.ts';
import { useTemporaryFolder } from '../../support/temporary-folder.ts';

/** `--explain` with real Dockerfiles: each step is told of once, with what changed. */
const folder = useTemporaryFolder();
let bed: BuildBed;
const base = () => new MemoryLayerBuilder().file('etc/os', 'one').build();
beforeEach(async () => {
  bed = await openBuildBed(folder.path);
  bed.images.set('base', [base()]);
});
afterEach(async () => await bed[Symbol.asyncDispose]());

const dockerfile = `FROM base AS made
COPY src /src/
RUN write made text
FROM base
ENV A=1
COPY --from=made /src /copied/
RUN write end text
`;
const files = { 'src/main.js': 'main', 'src/lib/util.js': 'util', 'src/lib/other.js': 'other' };

async function explained(
  text = dockerfile,
  context: Readonly<Record<string, string>> = files,
  request: Partial<BuildRequest> = {},
): Promise<Readonly<Record<string, string>>> {
  await bed.buildText(text, context, { explain: true, ...request });
  const told = bed.events.flatMap((it) => (it.event === 'node.explained' ? [[it.name, it.text] as const] : []));
  const names = told.map(([name]) => name.replace(/^\[(?:stage-1 )?(.*?)\] (?:FROM .*)?/, '$1 ').trim());
  expect(new Set(names).size).toBe(names.length);
  return Object.fromEntries(told.map(([, why], i) => [names[i], why]));
}

const unchanged = 'cached: nothing that it depends on has changed';
const notLooked = 'not looked at: what needs it was found in the cache';
const never = 'not cached: no step of this name has been built before';

const steps = [
  'made 1/3',
  'made 2/3 COPY src /src/',
  'made 3/3 RUN write made text',
  '2/3 COPY --from=made /src /copied/',
  '3/3 RUN write end text',
] as const;
const [FROM, COPY, RUN, COPY_FROM, LAST] = steps;
const givesOther = (name: string) => `not cached: what ${name} gives has changed`;

it('tells of each step of a first build, and of the same again', async () => {
  expect(await explained()).toEqual(Object.fromEntries(steps.map((step) => [step, never])));
  const again = Object.fromEntries(steps.map((step) => [step, step === LAST ? unchanged : notLooked]));
  expect(await explained()).toEqual(again);
  // Equal layers under another name, as of another registry.
  bed.images.set('elsewhere', [base()]);
  expect(await explained(dockerfile.replaceAll('FROM base', 'FROM elsewhere'))).toEqual(again);
});

it('names the files of a COPY that have changed, are new or gone', async () => {
  await explained();
  const follows = {
    [RUN]: givesOther('[made 2/3] COPY src /src/'),
    [LAST]: givesOther('[stage-1 2/3] COPY --from=made /src /copied/'),
  };
  expect(await explained(dockerfile, { ...files, 'src/lib/util.js': 'UTIL' })).toEqual({
    [FROM]: unchanged,
    [COPY]: 'not cached: /src: /src/lib/util.js has changed',
    [COPY_FROM]: 'not cached: content of /src: /src/lib/util.js has changed',
    ...follows,
  });
  const { 'src/lib/other.js': _, ...fewer } = files;
  expect(await explained(dockerfile, { ...fewer, 'src/lib/util.js': 'UTIL', 'src/new.js': '' })).toMatchObject({
    [COPY]: 'not cached: /src: /src/new.js is new, /src: /src/lib/other.js is gone',
    ...follows,
  });
});

it('tells only the first of many changes', async () => {
  const many = (text: string) => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`src/${i}`, text]));
  await explained(dockerfile, many('a'));
  expect((await explained(dockerfile, many('b')))[COPY]).toMatch(
    /^not cached: (?:\/src: \/src\/[0-9]+ has changed, ){5}and 45 more$/,
  );
});

it('names what else has changed: a variable, a base, the wish not to read the cache', async () => {
  await explained();
  expect(await explained(dockerfile.replace('A=1', 'A=2').replace('made text', 'made other'))).toEqual({
    [FROM]: unchanged,
    [COPY]: unchanged,
    'made 3/3 RUN write made other': never,
    [COPY_FROM]: 'cached: what it is made from holds what it held',
    [LAST]: 'not cached: environment has changed',
  });
  expect(await explained(dockerfile, files, { noCache: new Set(['made']) })).toMatchObject({
    [COPY]: 'not cached: the cache is not to be read',
    [RUN]: 'not cached: the cache is not to be read',
  });
  bed.images.set('base', [new MemoryLayerBuilder().file('etc/os', 'two').build()]);
  expect(await explained()).toMatchObject({
    [FROM]: 'not cached: layers has changed',
    [COPY]: givesOther('[made 1/3] FROM base'),
  });
});

it('keeps little of each step, however long: all steps below are in the record of one', async () => {
  const steps = Array.from({ length: 20 }, (_, i) => `RUN write file${i} ${'y'.repeat(60_000)}\n`);
  const image = await bed.buildText(`FROM base\n${steps.join('')}`);
  expect(image.layers).toHaveLength(21);
});
