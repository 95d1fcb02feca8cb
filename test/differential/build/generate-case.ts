import fc from 'fast-check';
import { readIgnoreFile } from '../../../src/formats/patterns/ignore-file.ts';
import { compilePatternSet } from '../../../src/formats/patterns/pattern-set.ts';
import type { BuildCase, CaseFile } from '../../support/build-corpus.ts';
import { files, ignoreFile } from './generate-context.ts';
import { instructions } from './generate-instruction.ts';
import { type BaseKind, type Line, oneOf, pick, type Scope, type ScopeStage, sometimes } from './generate-words.ts';

/** What stands behind FROM. */
type Base = (scope: Scope) => { readonly text: string; readonly kind: BaseKind };

const goodBase: fc.Arbitrary<Base> = fc.tuple(fc.nat(9), fc.nat(20)).map(
  ([kind, nth]): Base =>
    (scope) => {
      const earlier = pick(scope.stages, nth);
      if (kind < 4 && earlier !== undefined && earlier.name !== '') return { text: earlier.name, kind: earlier.base };
      if (kind === 4) return { text: 'scratch', kind: 'empty' };
      if (kind === 5 && scope.named !== null) return { text: 'ctx', kind: 'empty' };
      if (kind === 6 && scope.context.some(({ path }) => path === 'a')) return { text: 'test:onbuild', kind: 'test' };
      const platforms = ['--platform=$BUILDPLATFORM ', '--platform=${TARGETPLATFORM} ', '--platform=linux/amd64 ', ''];
      const platform = kind === 7 ? pick(platforms, nth) : '';
      const images = [
        'test:base',
        'test:rich',
        '${UNSET:-test:base}',
        'test:base',
        'test:odd',
        'test:base',
        'test:bare',
      ];
      const image = pick(images, nth) ?? 'test:base';
      return { text: `${platform}${image}`, kind: image === 'test:bare' ? 'empty' : 'test' };
    },
);
const oddBase = oneOf(
  ...'ctx $A ${UNSET:-test:base} S0 no:such $B 0'.split(' '),
  '',
  'Bad Name',
  '--platform=linux/arm64 test:base',
).map(
  (text): Base =>
    () => ({ text, kind: 'test' }),
);

const globals = fc.array(
  oneOf('ARG A=test:base', 'ARG B', 'ARG A=s0', 'ARG A=d', '# escape=`', 'ARG B=$A', 'ENV x=1'),
  { maxLength: 2 },
);
const goodGlobals = fc.array(
  oneOf(
    'ARG A=dd',
    'ARG B',
    'ARG A=${B:-e}',
    'ARG M=600',
    '# a comment',
    '',
    'ARG x=$TARGETARCH y',
    'ARG U=app G=users',
    'ARG TARGETARCH',
    'ARG A=${TARGETPLATFORM%/*} B=${A##*x}',
    'ARG P="a b" Q=\'$A\'',
    'ARG x=${UNSET:-"d e"}',
  ),
  { maxLength: 3 },
);

interface Stage {
  readonly base: Base;
  readonly isNamed: boolean;
  readonly lines: readonly Line[];
}

interface Parts {
  readonly globals: readonly string[];
  readonly stages: readonly Stage[];
  readonly context: readonly CaseFile[];
  readonly ignore: string | null;
  readonly named: readonly CaseFile[] | null;
  /** A named context in the place of a stage or an image. */
  readonly instead: readonly [name: string, what: readonly CaseFile[] | string] | null;
  /** Where the Dockerfile lies in the context, with an ignore file of its own. */
  readonly dockerfileName: string | null;
  readonly target: string | number | null;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly hasCarriageReturns: boolean;
}

/** Steps that run in a VM; many operations in each, since a VM is slow. */
export type Steps = fc.Arbitrary<string>;

/** Most cases are meant to build; in one of six, words are wrong here and there. */
export function anyCase(runs?: Steps): fc.Arbitrary<BuildCase> {
  return fc.oneof({ weight: 5, arbitrary: cases(false, runs) }, { weight: 1, arbitrary: cases(true, runs) });
}

function cases(withFaults: boolean, runs: Steps | undefined): fc.Arbitrary<BuildCase> {
  const plain = instructions(withFaults);
  const step = (texts: Steps): fc.Arbitrary<Line> => texts.map((text) => () => text);
  const line =
    runs === undefined ? plain : fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: step(runs) });
  const onBusybox = fc.constant<Base>(() => ({ text: 'test:busybox', kind: 'test' }));
  const base = withFaults ? fc.oneof({ weight: 9, arbitrary: goodBase }, { weight: 1, arbitrary: oddBase }) : goodBase;
  const stage: fc.Arbitrary<Stage> = fc.record({
    base: runs === undefined ? base : onBusybox,
    isNamed: fc.nat(9).map((it) => it > 0),
    lines: fc.array(line, { minLength: runs === undefined ? 0 : 1, maxLength: withFaults ? 6 : 8 }),
  });
  return fc
    .record({
      globals: sometimes(withFaults ? globals : goodGlobals, withFaults ? 7 : 4).map((it) => it ?? []),
      stages: fc.array(stage, { minLength: 1, maxLength: 3 }),
      context: files(withFaults),
      ignore: sometimes(ignoreFile, 3),
      named: sometimes(files(withFaults), 2),
      instead: sometimes(
        fc.tuple(
          oneOf('s0', 's1', 'test:base', 'test:rich', 'test'),
          fc.oneof(files(withFaults), oneOf('docker-image://test:rich', 'docker-image://test:onbuild')),
        ),
        12,
      ),
      dockerfileName: sometimes(oneOf('Dockerfile', 'sub/My.dockerfile', 'd/Dockerfile'), 8),
      target: sometimes<string | number>(
        withFaults ? oneOf('s0', 's1', '0', 'nosuch', 'S0') : fc.nat(2),
        withFaults ? 8 : 15,
      ),
      buildArgs: fc.dictionary(
        oneOf(...'A B x U NOSUCH TARGETARCH TARGETOS HTTP_PROXY M PATH TARGETSTAGE'.split(' ')),
        withFaults ? oneOf('d', 'test:base', '755', 'app', '', '/built') : oneOf('d', '755', '', 'arg'),
        { maxKeys: 2 },
      ),
      hasCarriageReturns: fc.nat(14).map((it) => it === 0),
    })
    .map(caseOf);
}

function caseOf(parts: Parts): BuildCase {
  const { context, ignore, named, target, instead, dockerfileName } = parts;
  const visible = ignore === null ? context : visibleOf(context, ignore);
  const lines = [...parts.globals];
  const stages: ScopeStage[] = [];
  for (const [at, { base, isNamed, lines: own }] of parts.stages.entries()) {
    const scope = { stages: [...stages], context: visible, named };
    const { text, kind } = base({ ...scope, base: 'test' });
    const name = isNamed ? `s${at}` : '';
    lines.push(`FROM ${text}${isNamed ? ` AS ${name}` : ''}`, ...own.map((it) => it({ ...scope, base: kind })));
    const replaced = instead?.[0].toLowerCase() === name && typeof instead[1] !== 'string';
    stages.push({ name, base: replaced ? 'empty' : kind });
  }
  const text = `${lines.join('\n')}\n`;
  return {
    set: 'edge',
    name: 'generated',
    dockerfile: Buffer.from(parts.hasCarriageReturns ? text.replaceAll('\n', '\r\n') : text),
    dockerfileName: isFree(context, dockerfileName) ? (dockerfileName ?? undefined) : undefined,
    target: typeof target === 'number' ? targetOf(stages, target) : (target ?? undefined),
    buildArgs: parts.buildArgs,
    secrets: {},
    context: [...context, ...ignoreFiles(parts)],
    namedContexts: {
      ...(named === null ? {} : { ctx: named }),
      ...(instead === null ? {} : { [instead[0]]: instead[1] }),
    },
    expected: { fails: true, line: null, message: '' },
  };
}

/** The one of a Dockerfile counts instead of the one of the context. */
function ignoreFiles({ context, ignore, dockerfileName }: Parts): readonly CaseFile[] {
  if (ignore === null) return [];
  if (dockerfileName === null || !isFree(context, dockerfileName)) return [{ path: '.dockerignore', content: ignore }];
  return [
    { path: `${dockerfileName}.dockerignore`, content: ignore },
    { path: '.dockerignore', content: '*\n' },
  ];
}

function isFree(context: readonly CaseFile[], path: string | null): boolean {
  const [first] = path?.split('/') ?? [];
  return !context.some((it) => it.path === path || (it.path === first && it.dir !== true));
}

function targetOf(stages: readonly ScopeStage[], nth: number): string {
  const at = nth % stages.length;
  return stages[at]?.name === '' ? String(at) : (stages[at]?.name ?? '');
}

/** What is likely there; a folder may be there for what is below it. */
function visibleOf(context: readonly CaseFile[], ignore: string): readonly CaseFile[] {
  const filter = compilePatternSet(readIgnoreFile(ignore));
  return context.filter(({ path }) => {
    let state: unknown;
    let isIgnored = false;
    for (const [at] of path.split('/').entries()) {
      const decision = filter.match(
        path
          .split('/')
          .slice(0, at + 1)
          .join('/') as never,
        state,
      );
      state = decision.state;
      isIgnored = decision.matches;
    }
    return !isIgnored;
  });
}
