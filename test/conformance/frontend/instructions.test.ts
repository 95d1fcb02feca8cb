import { describe, expect, it } from 'vitest';
import type { Instruction } from '../../../src/frontend/instructions/instruction.ts';
import { readDockerfile } from '../../../src/frontend/instructions/read-dockerfile.ts';
import { contextOf, readInstruction } from '../../../src/frontend/instructions/read-instruction.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import { noCorpora, readCorpusJson } from '../../support/corpora.ts';

interface GoSources {
  readonly DestPath: string;
  readonly SourcePaths?: readonly string[];
  readonly SourceContents?: readonly { Path: string; Data: string; Expand?: boolean }[];
}

interface GoCase {
  readonly dockerfile: string;
  readonly expectedError?: string;
  readonly sourcesAndDest?: GoSources;
  readonly command?: readonly string[];
  readonly shell?: boolean;
  readonly files?: readonly { Name: string; Data: string; Chomp?: boolean }[];
}

function readOne(text: string): Instruction {
  const tree = parseDockerfile({ file: 'Dockerfile', text });
  const [node] = tree.instructions;
  if (node === undefined) throw new Error('no instruction');
  return readInstruction(contextOf(node, tree.source));
}

const heredocCases = readCorpusJson<{ test?: string; cases: GoCase[] }[]>('heredoc/instructions.json', []).flatMap(
  (group) => group.cases,
);

const counts = readCorpusJson<Record<string, string[]>>('errors/arguments.json', {});

describe.skipIf(noCorpora)('instruction corpus', () => {
  it.each(heredocCases)('$dockerfile', (row) => {
    if (row.expectedError !== undefined) {
      expect(() => readOne(row.dockerfile)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INSTRUCTION' }));
      return;
    }
    const instruction = readOne(row.dockerfile);
    if (instruction.kind === 'run') {
      expect(instruction.command).toEqual({ words: row.command, isShellForm: row.shell });
      expect(instruction.files).toEqual(
        (row.files ?? []).map(({ Name, Data, Chomp = false }) => ({ name: Name, data: Data, chomp: Chomp })),
      );
    } else if (instruction.kind === 'copy' || instruction.kind === 'add') {
      expect(instruction.destination).toBe(row.sourcesAndDest?.DestPath);
      expect(instruction.sources).toEqual(row.sourcesAndDest?.SourcePaths ?? []);
      expect(instruction.inlineSources).toEqual(
        (row.sourcesAndDest?.SourceContents ?? []).map(({ Path, Data, Expand = false }) => ({
          name: Path,
          data: Data,
          expand: Expand,
        })),
      );
    } else throw new Error(`unexpected ${instruction.kind}`);
  });

  it.each(readCorpusJson<GoCase[]>('errors/instructions.json', []))('$dockerfile is refused', ({ dockerfile }) => {
    expect(() => readOne(dockerfile)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INSTRUCTION' }));
  });

  it.each(counts.exactly_one_argument ?? [])('%s needs one argument', (name) => {
    expect(() => readOne(name)).toThrow(/has no argument/);
  });

  it.each(counts.at_least_one_argument ?? [])('%s needs an argument', (name) => {
    expect(() => readOne(name)).toThrow(/has no (?:arguments|instruction)/);
  });

  it.each(counts.needs_a_destination ?? [])('%s needs a destination', (name) => {
    expect(() => readOne(`${name} arg1`)).toThrow(/no destination/);
  });
});

interface LineRow {
  readonly name: string;
  readonly dockerfile: string;
  readonly errorLine: readonly number[];
}

/** The other rows fail when they are planned or run. */
const readable = ['invalidenv', 'invalidflag'];

describe.skipIf(noCorpora)('error line corpus', () => {
  const rows = readCorpusJson<LineRow[]>('errors/lines.json', []).filter(({ name }) => readable.includes(name));
  it.each(rows)('$name blames line $errorLine', ({ dockerfile, errorLine }) => {
    expect(() => readDockerfile(parseDockerfile({ file: 'Dockerfile', text: dockerfile }))).toThrow(
      expect.objectContaining({
        source: expect.objectContaining({ ranges: [expect.objectContaining({ startLine: errorLine[0] })] }),
      }),
    );
  });
});
