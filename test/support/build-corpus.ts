import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { corporaFolder, readCorpusJson } from './corpora.ts';

/** A build of the corpora and what BuildKit makes of it. */
export interface BuildCase {
  /** `own`: of test/cases/build. */
  readonly set: 'cases' | 'edge' | 'own';
  readonly name: string;
  readonly dockerfile: Buffer;
  /** Where the Dockerfile lies inside the context; undefined: outside. */
  readonly dockerfileName: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Files of the context, or the folder that is the context. */
  readonly context: readonly CaseFile[] | { readonly folder: string };
  /** Files, or an image as `docker-image://NAME`. */
  readonly namedContexts: Readonly<Record<string, readonly CaseFile[] | string>>;
  readonly expected: CaseExpectation;
}

export interface CaseFile {
  readonly path: string;
  readonly content?: string;
  readonly base64?: string;
  readonly symlink?: string;
  readonly hardlink?: string;
  readonly dir?: boolean;
  readonly mode?: string;
  readonly mtime?: number;
}

export type CaseExpectation =
  | { readonly fails: true; readonly line: number | null; readonly message: string }
  | {
      readonly fails: false;
      readonly base: boolean;
      readonly entries: Readonly<Record<string, ExpectedEntry>>;
      readonly removed: readonly string[];
      readonly config: unknown;
      readonly history: readonly unknown[];
    };

export interface ExpectedEntry {
  readonly type: 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  readonly mode?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly dev?: readonly [major: number, minor: number];
}

interface RawCase {
  readonly name: string;
  readonly dockerfile?: string;
  readonly dockerfile_base64?: string;
  readonly dockerfile_name?: string;
  readonly context?: string;
  readonly files?: readonly CaseFile[];
  readonly target?: string;
  readonly build_args?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly named_contexts?: Readonly<Record<string, readonly CaseFile[] | string>>;
}

interface RawExpectation {
  readonly name: string;
  readonly fails?: boolean;
  readonly line?: number | null;
  readonly message?: string;
  readonly base?: boolean;
  readonly entries?: Readonly<Record<string, ExpectedEntry>>;
  readonly removed?: readonly string[];
  readonly config?: unknown;
  readonly history?: readonly unknown[];
}

/** Every case of both sets, in the order of the files. */
export function readBuildCases(): readonly BuildCase[] {
  return [
    ...readSet('cases', 'cases.json', 'expected.json'),
    ...readSet('edge', 'cases-edge.json', 'expected-edge.json'),
  ];
}

function readSet(set: BuildCase['set'], cases: string, expectations: string): BuildCase[] {
  const expected = new Map(
    readCorpusJson<readonly RawExpectation[]>(`build/${expectations}`, []).map((it) => [it.name, it]),
  );
  return readCorpusJson<readonly RawCase[]>(`build/${cases}`, []).map((raw) => {
    const expectation = expected.get(raw.name);
    if (expectation === undefined) throw new Error(`no expectation for the case ${raw.name}`);
    return caseOf(set, raw, expectation);
  });
}

const ownFolder = new URL('../cases/build/', import.meta.url).pathname;

/** Cases of our own: what `diff:fuzz` found, each in a file with what BuildKit makes of it. */
export function readOwnCases(): readonly BuildCase[] {
  if (!existsSync(ownFolder)) return [];
  return readdirSync(ownFolder)
    .sort()
    .map((name) => {
      const raw = JSON.parse(readFileSync(join(ownFolder, name), 'utf8')) as RawCase & { expected: RawExpectation };
      return caseOf('own', { ...raw, name: name.replace(/\.json$/, '') }, raw.expected);
    });
}

/** What our own cases are compared with: those with steps start from a base that has a shell. */
export function ownBaseOf({ dockerfile }: Pick<BuildCase, 'dockerfile'>): string {
  return dockerfile.includes('FROM test:busybox') ? 'test:busybox' : 'test:base';
}

/** Without an expectation, one that any build contradicts. */
export function caseOf(set: BuildCase['set'], raw: RawCase, expected: RawExpectation | undefined): BuildCase {
  return {
    set,
    name: raw.name,
    dockerfile:
      raw.dockerfile_base64 === undefined
        ? Buffer.from(raw.dockerfile ?? '')
        : Buffer.from(raw.dockerfile_base64, 'base64'),
    dockerfileName: raw.dockerfile_name,
    target: raw.target,
    buildArgs: raw.build_args ?? {},
    secrets: raw.secrets ?? {},
    context: contextOf(raw),
    namedContexts: raw.named_contexts ?? {},
    expected: expectationOf(expected ?? { name: raw.name }),
  };
}

function contextOf(raw: RawCase): BuildCase['context'] {
  if (raw.context === undefined) return raw.files ?? [];
  const folder = join(corporaFolder ?? '', 'build/contexts', raw.context);
  if (!existsSync(folder)) throw new Error(`no context ${folder}`);
  return { folder };
}

function expectationOf(raw: RawExpectation): CaseExpectation {
  if (raw.fails === true) return { fails: true, line: raw.line ?? null, message: raw.message ?? '' };
  return {
    fails: false,
    base: raw.base ?? true,
    entries: raw.entries ?? {},
    removed: raw.removed ?? [],
    config: raw.config ?? {},
    history: raw.history ?? [],
  };
}
