import { describe, expect, it } from 'vitest';
import type { Vertex } from '../../../src/solver/op.ts';
import { VertexError } from '../../../src/solver/vertex-error.ts';
import { type Toy, ToyBuild } from '../../support/toy-vertices.ts';

/** A chain of vertices, each the first input of the next. */
function chain(build: ToyBuild, ...toys: readonly Toy[]): Vertex<string>[] {
  const made: Vertex<string>[] = [];
  for (const toy of toys) {
    const before = made.at(-1);
    made.push(build.vertex({ ...toy, inputs: [...(before === undefined ? [] : [before]), ...(toy.inputs ?? [])] }));
  }
  return made;
}
const last = (vertices: readonly Vertex<string>[]): Vertex<string> => vertices.at(-1) as Vertex<string>;
const batch = (name: string, more: Partial<Toy> = {}): Toy => ({ name, isBatch: true, ...more });

describe('what runs', () => {
  it('is each vertex once, however often it is asked for', async () => {
    const build = new ToyBuild();
    const a = build.vertex({ name: 'a' });
    const twin = build.vertex({ name: 'a' });
    const b = build.vertex({ name: 'b', inputs: [a] });
    const c = build.vertex({ name: 'c', inputs: [twin] });
    const d = build.vertex({ name: 'd', inputs: [b, c, a] });
    expect(await build.solve(d)).toBe('d(b(a()),c(a()),a())');
    expect(build.runs).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is nothing the second time, and what a hit needs is not even asked for', async () => {
    const build = new ToyBuild();
    const vertices = chain(build, { name: 'a' }, { name: 'b' }, { name: 'c' });
    await build.solve(last(vertices));
    const loads: string[] = [];
    const { cache } = build;
    const counting = {
      load: async (key: Parameters<typeof cache.load>[0]) => {
        loads.push(key);
        return await cache.load(key);
      },
      save: cache.save.bind(cache),
      exclusive: cache.exclusive.bind(cache),
      lastExplanation: cache.lastExplanation.bind(cache),
    };
    expect(await build.solve(last(vertices), { cache: counting })).toBe('c(b(a()))');
    expect([build.runs, loads.length]).toEqual([[], 1]);
    expect(build.told).toEqual(['cached a', 'cached b', 'cached c']);
  });

  it('is done once by two builds of the same at the same time', async () => {
    const build = new ToyBuild();
    const vertices = () =>
      last(chain(build, { name: 'a' }, { name: 'b', isBatch: true }, { name: 'c', isBatch: true }));
    expect(await Promise.all([build.solve(vertices()), build.solve(vertices())])).toEqual(['c(b(a()))', 'c(b(a()))']);
    expect(build.runs).toEqual(['a', 'b+c']);
  });

  it('is what depends on a change, and no more', async () => {
    const build = new ToyBuild();
    const make = (note: string) => {
      const a = build.vertex({ name: 'a' });
      const b = build.vertex({ name: 'b', note, inputs: [a] });
      const other = build.vertex({ name: 'other', inputs: [a] });
      return build.vertex({ name: 'd', inputs: [build.vertex({ name: 'c', inputs: [b] }), other] });
    };
    await build.solve(make('old'));
    // b gives what it gave, so c and d are found by what they are made from.
    await build.solve(make('new'));
    expect(build.runs).toEqual(['b']);
    await build.solve(make('new'));
    expect(build.runs).toEqual([]);
  });

  it('is nothing of what depends on content that has not changed', async () => {
    const build = new ToyBuild();
    const make = (input: string) => {
      const base = build.vertex({ name: 'base' });
      const from = build.vertex({ name: input });
      return build.vertex({ name: 'd', inputs: [build.vertex({ name: 'c', inputs: [base, from], content: [1] })] });
    };
    expect(await build.solve(make('x1'))).toBe('d(c(base(),x))');
    expect(await build.solve(make('x2'))).toBe('d(c(base(),x))');
    expect(build.runs).toEqual(['x2']);
    // Saved by definition as well.
    await build.solve(make('x2'));
    expect([build.runs, build.told]).toEqual([[], ['cached base', 'cached x2', 'cached c', 'cached d']]);
    await build.solve(make('y'));
    expect(build.runs).toEqual(['y', 'c', 'd']);
  });

  it('is as much at once as the limit allows', async () => {
    const build = new ToyBuild();
    const gate = Promise.withResolvers<void>();
    const wide = Array.from({ length: 6 }, (_, i) => build.vertex({ name: `w${i}`, until: gate.promise }));
    const solved = build.solve(build.vertex({ name: 'all', inputs: wide }), { concurrency: 3 });
    await expect.poll(() => build.runs.length).toBe(3);
    gate.resolve();
    await solved;
    expect([build.runs.length, build.mostAtOnce]).toEqual([7, 3]);
  });

  it('is everything that must not be read from the cache, and what then has changed', async () => {
    const build = new ToyBuild();
    const make = (ignoreCache: boolean) =>
      chain(build, { name: 'a' }, { name: 'b', ignoreCache }, { name: 'c' }, { name: 'd' });
    await build.solve(last(make(false)));
    await build.solve(last(make(true)));
    expect(build.runs).toEqual(['b']);
    await build.solve(last(make(false)));
    expect(build.runs).toEqual([]);
  });

  it('costs no stack for long chains', async () => {
    const build = new ToyBuild();
    let vertex = build.vertex({ name: 'v' });
    for (let i = 0; i < 5000; i++) {
      vertex = { ...build.vertex({ name: 'v', note: String(i), inputs: [vertex], content: [0] }), id: String(i) };
    }
    await build.solve(vertex);
    expect(build.runs.length).toBe(5001);
  });

  it('is harmless twice at once', async () => {
    const build = new ToyBuild();
    const target = last(chain(build, { name: 'a' }, batch('b'), batch('c')));
    expect(await Promise.all([build.solve(target), build.solve(target)])).toEqual(['c(b(a()))', 'c(b(a()))']);
  });

  it('is trivial things each time, unsaid', async () => {
    const build = new ToyBuild();
    const target = last(
      chain(build, { name: 'scratch', isTrivial: true }, { name: 'a' }, { name: 'merge', isTrivial: true }),
    );
    await build.solve(target);
    expect(build.told).toEqual(['started a', 'finished a']);
    await build.solve(target);
    expect([build.runs, build.told]).toEqual([['merge'], ['cached a']]);
  });
});

describe('batches', () => {
  it('run together, first to last', async () => {
    const build = new ToyBuild();
    const target = last(chain(build, { name: 'base' }, batch('a'), batch('b'), batch('c'), { name: 'end' }));
    expect(await build.solve(target)).toBe('end(c(b(a(base()))))');
    expect(build.runs).toEqual(['base', 'a+b+c', 'end']);
    expect(build.told.filter((line) => / [abc]$/.test(line))).toEqual([
      'started a',
      'finished a',
      'started b',
      'finished b',
      'started c',
      'finished c',
    ]);
  });

  it('begin after the last member that is cached', async () => {
    const build = new ToyBuild();
    const first = chain(build, { name: 'base' }, batch('a'), batch('b'));
    await build.solve(last(first));
    const more = [batch('c'), batch('d')].reduce(
      (before, toy) => build.vertex({ ...toy, inputs: [before] }),
      last(first),
    );
    await build.solve(more);
    expect(build.runs).toEqual(['c+d']);
    expect(build.told.slice(0, 3)).toEqual(['cached base', 'cached a', 'cached b']);
  });

  it('begin after what is cached by content', async () => {
    const build = new ToyBuild();
    const make = (note: string, end: string) =>
      last(chain(build, { name: 'base', note }, batch('a'), batch('b'), batch(end)));
    await build.solve(make('old', 'c'));
    await build.solve(make('new', 'd'));
    expect(build.runs).toEqual(['base', 'd']);
  });

  it('wait for the other inputs of all members', async () => {
    const build = new ToyBuild();
    const other = build.vertex({ name: 'other' });
    const target = last(chain(build, { name: 'base' }, batch('a'), batch('b', { inputs: [other] })));
    expect(await build.solve(target)).toBe('b(a(base()),other())');
    expect(build.runs.at(-1)).toBe('a+b');
  });

  it('are cut where a member needs what an earlier one gives in another way', async () => {
    const build = new ToyBuild();
    const [, a] = chain(build, { name: 'base' }, batch('a')) as [Vertex<string>, Vertex<string>];
    const side = build.vertex({ name: 'side', inputs: [a] });
    const b = build.vertex(batch('b', { inputs: [a] }));
    const target = build.vertex(batch('c', { inputs: [b, side] }));
    expect(await build.solve(target)).toBe('c(b(a(base())),side(a(base())))');
    expect(build.runs.toSorted()).toEqual(['a', 'b+c', 'base', 'side']);
  });

  it('are shared by all who need a member', async () => {
    const build = new ToyBuild();
    const [, , b] = chain(build, { name: 'base' }, batch('a'), batch('b'));
    const ends = ['x', 'y'].map((name) => build.vertex(batch(name, { inputs: [b as Vertex<string>] })));
    await build.solve(build.vertex({ name: 'end', inputs: ends }));
    expect(build.runs.join('+').split('+').toSorted()).toEqual(['a', 'b', 'base', 'end', 'x', 'y']);
  });

  it('keep what was done before a member failed', async () => {
    const build = new ToyBuild();
    const make = (fails: string | undefined) =>
      last(
        chain(
          build,
          { name: 'base' },
          batch('a'),
          batch('b'),
          batch('c', fails === undefined ? {} : { fails }),
          batch('d'),
        ),
      );
    const failure = await build.solve(make('broken')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(VertexError);
    expect(failure).toMatchObject({ vertexName: 'c', cause: { message: 'broken' } });
    expect(build.told.slice(2)).toEqual([
      'started a',
      'finished a',
      'started b',
      'finished b',
      'started c',
      'failed c: broken',
    ]);
    await build.solve(make(undefined));
    expect(build.runs).toEqual(['c+d']);
  });
});

describe('failures', () => {
  it('stop the rest, which is waited for', async () => {
    const build = new ToyBuild();
    const never = new Promise<never>(() => {});
    const slow = build.vertex({ name: 'slow', until: never });
    const gate = Promise.withResolvers<void>();
    const bad = build.vertex({ name: 'bad', fails: 'no', until: gate.promise });
    const target = build.vertex({ name: 'end', inputs: [slow, bad] });
    const solved = build.solve(target).catch((error: unknown) => error);
    await expect.poll(() => build.runs).toEqual(['slow', 'bad']);
    gate.resolve();
    expect(await solved).toMatchObject({ vertexId: bad.id, message: 'bad: no' });
    expect(build.atOnce).toBe(0);
    expect(build.told).toEqual(['started slow', 'started bad', 'failed bad: no', 'failed slow: canceled']);
  });

  it('of a description name the vertex, and nothing is run', async () => {
    const build = new ToyBuild();
    const bad = build.vertex({ name: 'bad', describeFails: 'not there' });
    await expect(
      build.solve(build.vertex({ name: 'end', inputs: [build.vertex({ name: 'a' }), bad] })),
    ).rejects.toMatchObject({
      vertexName: 'bad',
      cause: { message: 'not there' },
    });
    expect([build.runs, build.told]).toEqual([[], ['started bad', 'failed bad: not there']]);
  });

  it('of the cache are those of the vertex', async () => {
    const build = new ToyBuild();
    const target = build.vertex({ name: 'a' });
    const { cache } = build;
    cache.save = async () => await Promise.reject(new Error('disk full'));
    await expect(build.solve(target)).rejects.toMatchObject({ vertexName: 'a', cause: { message: 'disk full' } });
  });

  it('an abort stops everything and is no failure of a vertex', async () => {
    const build = new ToyBuild();
    const controller = new AbortController();
    const slow = ['a', 'b'].map((name) => build.vertex({ name, until: new Promise<never>(() => {}) }));
    const solved = build.solve(build.vertex({ name: 'end', inputs: slow }), { signal: controller.signal });
    const outcome = solved.catch((error: unknown) => error);
    await expect.poll(() => build.runs.length).toBe(2);
    controller.abort();
    expect(await outcome).toMatchObject({ code: 'ABORTED', exitCode: 130 });
    expect([build.atOnce, build.told.slice(2)]).toEqual([0, ['failed a: canceled', 'failed b: canceled']]);
  });

  it('an abort before the start runs nothing', async () => {
    const build = new ToyBuild();
    await expect(build.solve(build.vertex({ name: 'a' }), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect([build.runs, build.told]).toEqual([[], []]);
  });
});

it('explains hits and misses', async () => {
  const build = new ToyBuild();
  const make = (note: string, from: string) => {
    const base = build.vertex({ name: 'base' });
    const b = build.vertex({ name: 'b', note, inputs: [base] });
    const c = build.vertex({ name: 'c', inputs: [b, build.vertex({ name: from })], content: [1] });
    return build.vertex({ name: 'd', inputs: [c] });
  };
  const explained = async (target: Vertex<string>) => {
    await build.solve(target, { explain: true });
    return build.told.filter((line) => line.startsWith('explained')).map((line) => line.slice('explained '.length));
  };
  const unseen = 'not cached: no step of this name has been built before';
  const first = ['b', 'base', 'c', 'd', 'x1'].map((name) => `${name}: ${unseen}`);
  expect((await explained(make('1', 'x1'))).toSorted()).toEqual(first);
  const notLooked = 'not looked at: what needs it was found in the cache';
  expect((await explained(make('1', 'x1'))).slice(-2)).toEqual([
    `c: ${notLooked}`,
    'd: cached: nothing that it depends on has changed',
  ]);
  expect((await explained(make('2', 'y'))).toSorted()).toEqual([
    'b: not cached: note has changed',
    'base: cached: nothing that it depends on has changed',
    'c: not cached: content of files has changed',
    'd: not cached: what c gives has changed',
    `y: ${unseen}`,
  ]);
  expect(await explained(make('2', 'y2'))).toEqual(
    expect.arrayContaining(['c: cached: what it is made from holds what it held']),
  );
  build.cache.records.clear();
  expect(await explained(make('2', 'y2'))).toEqual(
    expect.arrayContaining(['d: not cached: its result has been removed from the store']),
  );
});
