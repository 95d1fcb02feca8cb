import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Vertex } from '../../../src/solver/op.ts';
import { ToyBuild } from '../../support/toy-vertices.ts';

interface Drawn {
  readonly inputs: readonly number[];
  readonly isBatch: boolean;
  readonly hasContent: boolean;
  readonly isTrivial: boolean;
}

const anyGraph: fc.Arbitrary<Drawn[]> = fc.array(
  fc.record({
    inputs: fc.array(fc.nat(), { maxLength: 3 }),
    isBatch: fc.boolean(),
    hasContent: fc.boolean(),
    isTrivial: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
/** What another build of the graph has that is different: a vertex's note, its name, or one not to be read. */
const anyChange = fc.record({ at: fc.nat(11), what: fc.constantFrom('note', 'name', 'ignore', 'nothing') });

/** Inputs are drawn among the vertices before; names begin differently, so that content tells them apart. */
function makeGraph(build: ToyBuild, drawn: readonly Drawn[], changes: readonly { at: number; what: string }[]) {
  const made: Vertex<string>[] = [];
  for (const [i, { inputs, isBatch, hasContent, isTrivial }] of drawn.entries()) {
    const has = (what: string) => changes.filter((change) => change.at === i && change.what === what).length;
    const from = made.length === 0 ? [] : inputs.map((at) => made[at % made.length] as Vertex<string>);
    made.push(
      build.vertex({
        name: `${String.fromCharCode(97 + i)}${'!'.repeat(has('name'))}`,
        note: 'n'.repeat(has('note')),
        ignoreCache: has('ignore') > 0,
        inputs: from,
        isBatch: isBatch && from.length > 0,
        isTrivial: isTrivial && !isBatch,
        ...(hasContent && from.length > 1 ? { content: [1] } : {}),
      }),
    );
  }
  return made;
}

/** The result without any cleverness, and every vertex there is. */
function naive(drawn: readonly Drawn[], vertices: readonly Vertex<string>[]) {
  const results = new Map<string, string>();
  for (const [i, { id, name, inputs }] of vertices.entries()) {
    const content = drawn[i]?.hasContent === true && inputs.length > 1;
    const given = inputs.map((input, at) => (content && at === 1 ? results.get(input.id)?.[0] : results.get(input.id)));
    results.set(id, `${name}(${given.join()})`);
  }
  return results;
}

it('gives what a plain evaluation gives, each thing once, and nothing twice that has not changed', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyGraph,
      fc.array(fc.array(anyChange, { maxLength: 3 }), { maxLength: 4 }),
      async (drawn, builds) => {
        const build = new ToyBuild();
        for (const changes of [[], ...builds]) {
          const vertices = makeGraph(build, drawn, changes);
          const target = vertices.at(-1) as Vertex<string>;
          expect(await build.solve(target)).toBe(naive(drawn, vertices).get(target.id));
          const ran = build.runs.flatMap((run) => run.split('+'));
          expect(new Set(ran).size).toBe(ran.length);
          const mayRun = new Set(changes.filter(({ what }) => what === 'ignore').map(({ at }) => vertices[at]?.name));
          const trivial = new Set(vertices.filter(({ op }) => op.isTrivial === true).map(({ name }) => name));
          await build.solve(target);
          // What must run takes the rest of its batch along.
          const again = build.runs.map((run) => run.split('+')).filter((run) => !run.some((name) => mayRun.has(name)));
          expect(again.flat().filter((name) => !trivial.has(name))).toEqual([]);
          const started = build.told.filter((line) => line.startsWith('started')).map((line) => line.slice(8));
          const ended = build.told.filter((line) => line.startsWith('finished')).map((line) => line.slice(9));
          expect(ended.toSorted()).toEqual(started.toSorted());
        }
      },
    ),
    { numRuns: 300 },
  );
});
