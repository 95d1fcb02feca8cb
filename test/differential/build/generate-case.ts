import fc from 'fast-check';
import type { BuildCase, CaseFile } from '../../support/build-corpus.ts';
import { files, ignoreFile } from './generate-context.ts';
import { instruction, placeholder } from './generate-instruction.ts';

/** One of `n`; otherwise null. */
const sometimes = <T>(value: fc.Arbitrary<T>, n: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: n - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const oneOf = (...values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);

const base = fc.oneof(
  { weight: 12, arbitrary: fc.constant('test:base') },
  { weight: 6, arbitrary: oneOf('scratch', 'test:rich', 's0', 'test:onbuild') },
  {
    weight: 1,
    arbitrary: oneOf(
      'ctx',
      '$A',
      '${UNSET:-test:base}',
      'S0',
      'no:such',
      '',
      '$B',
      'Bad Name',
      '--platform=linux/arm64 test:base',
      '0',
    ),
  },
);
const named = fc.nat(9).map((it) => it > 0);
const stage = fc.record({ base, name: named, steps: fc.array(instruction, { maxLength: 6 }) });
const globals = fc.array(
  oneOf('ARG A=test:base', 'ARG B', 'ARG A=s0', 'ARG A=d', '# escape=`', 'ARG B=$A', 'ENV x=1'),
  { maxLength: 2 },
);

interface Parts {
  readonly globals: readonly string[];
  readonly stages: readonly { readonly base: string; readonly name: boolean; readonly steps: readonly string[] }[];
  readonly context: readonly CaseFile[];
  readonly ignore: string | null;
  readonly named: readonly CaseFile[] | null;
  readonly target: string | null;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** Steps that run in a VM; many operations in each, since a VM is slow. */
export type Steps = fc.Arbitrary<string>;

export function anyCase(runs?: Steps): fc.Arbitrary<BuildCase> {
  const step =
    runs === undefined ? instruction : fc.oneof({ weight: 2, arbitrary: instruction }, { weight: 1, arbitrary: runs });
  return fc
    .record({
      globals: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: globals }),
      stages: fc.array(
        runs === undefined
          ? stage
          : fc.record({
              base: fc.constant('test:busybox'),
              name: named,
              steps: fc.array(step, { minLength: 1, maxLength: 6 }),
            }),
        { minLength: 1, maxLength: 3 },
      ),
      context: files,
      ignore: sometimes(ignoreFile, 3),
      named: sometimes(files, 2),
      target: sometimes(oneOf('s0', 's1', '0', 'nosuch', 'S0'), 15),
      buildArgs: fc.dictionary(
        oneOf('A', 'B', 'x', 'U', 'NOSUCH', 'TARGETARCH'),
        oneOf('d', 'test:base', '755', 'app', '', '/built'),
        { maxKeys: 2 },
      ),
    })
    .map(caseOf);
}

const place = new RegExp(`${placeholder}(\\d+)${placeholder}`, 'g');

function caseOf({ globals: above, stages, context, ignore, named, target, buildArgs }: Parts): BuildCase {
  const all = ignore === null ? context : [...context, { path: '.dockerignore', content: ignore }];
  const lines = stages.flatMap(({ base: from, name, steps }, at) => [
    `FROM ${from}${name ? ` AS s${at}` : ''}`,
    ...steps.map((it) => it.replace(place, (_, nth) => fileAt(context, Number(nth)))),
  ]);
  return {
    set: 'edge',
    name: 'generated',
    dockerfile: Buffer.from(`${[...above, ...lines].join('\n')}\n`),
    dockerfileName: undefined,
    target: target ?? undefined,
    buildArgs,
    secrets: {},
    context: all,
    namedContexts: named === null ? {} : { ctx: named },
    expected: { fails: true, line: null, message: '' },
  };
}

function fileAt(context: readonly CaseFile[], nth: number): string {
  return (context[nth % Math.max(1, context.length)]?.path ?? 'a').replaceAll(' ', '?');
}
