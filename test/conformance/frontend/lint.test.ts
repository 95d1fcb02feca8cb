import { describe, expect, it } from 'vitest';
import { readIgnoreFile } from '../../../src/formats/patterns/ignore-file.ts';
import { check } from '../../support/check.ts';
import { listCorpus, noCorpora, readCorpus, readCorpusJson } from '../../support/corpora.ts';

interface GoWarning {
  readonly RuleName: string;
  readonly Description: string;
  readonly Detail: string;
  readonly Line: number;
  readonly Level: number;
}

interface Row {
  readonly test: string;
  readonly line: number;
  readonly Dockerfile: string;
  readonly DockerIgnore?: string;
  readonly FrontendAttrs?: Readonly<Record<string, string>>;
  readonly Warnings?: readonly GoWarning[];
  /** What `--check` gives, where that differs from a build. */
  readonly UnmarshalWarnings?: readonly GoWarning[];
  readonly BuildErr?: string;
  readonly BuildErrLocation?: number;
}

const rows = readCorpusJson<Row[]>('lint/cases.json', []);

function checkRow(row: Row, allStages: boolean) {
  const attributes = Object.entries(row.FrontendAttrs ?? {});
  const buildArgs = attributes
    .filter(([name]) => name.startsWith('build-arg:'))
    .map(([name, value]) => [name.slice('build-arg:'.length), value] as const);
  return check(row.Dockerfile, {
    buildArgs: new Map(buildArgs),
    allStages,
    ignorePatterns: row.DockerIgnore === undefined ? undefined : readIgnoreFile(row.DockerIgnore),
  });
}

/** In the order in which BuildKit's tests compare them. */
function expected(warnings: readonly GoWarning[] = []) {
  return warnings
    .map(({ RuleName, Description, Detail, Line }) => ({
      rule: RuleName,
      description: Description,
      text: Detail,
      line: Line,
    }))
    .sort(byLineAndRule);
}

function found(result: ReturnType<typeof check>) {
  return result.warnings
    .map(({ rule, description, text, range }) => ({ rule, description, text, line: range.startLine }))
    .sort(byLineAndRule);
}

function byLineAndRule(a: { line: number; rule: string; text: string }, b: typeof a): number {
  return a.line - b.line || (`${a.rule} ${a.text}` < `${b.rule} ${b.text}` ? -1 : 1);
}

function withoutLine<T extends { line: number }>({ line: _line, ...rest }: T) {
  return rest;
}

describe.skipIf(noCorpora)('lint corpus', () => {
  it.each(rows)('$test at $line', (row) => {
    const built = checkRow(row, false);
    expect(found(built)).toEqual(expected(row.Warnings));
    const everywhere = expected(row.UnmarshalWarnings ?? row.Warnings);
    // BuildKit's test does not compare these lines, and one row has them wrong.
    const wanted = row.UnmarshalWarnings === undefined ? everywhere : everywhere.map(withoutLine);
    const checked = found(checkRow(row, true));
    expect(row.UnmarshalWarnings === undefined ? checked : checked.map(withoutLine)).toEqual(wanted);
    expect(built.error === undefined).toBe(row.BuildErr === undefined);
    if (row.BuildErrLocation !== undefined && row.BuildErr !== undefined) {
      expect(built.error?.source?.ranges[0]?.startLine).toBe(row.BuildErrLocation);
    }
  });
});

describe.skipIf(noCorpora)('Dockerfiles that people build', () => {
  it.each(listCorpus('real'))('%s is checked without an error', (name) => {
    expect(check(readCorpus(`real/${name}/Dockerfile`), { baseOf: () => undefined }).error).toBeUndefined();
  });
});
