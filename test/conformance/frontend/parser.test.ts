import { describe, expect, it } from 'vitest';
import { dumpTree } from '../../../src/frontend/syntax/dump-tree.ts';
import { parseHeredocWord } from '../../../src/frontend/syntax/heredoc-word.ts';
import { parseDockerfile } from '../../../src/frontend/syntax/parse-dockerfile.ts';
import { listCorpus, noCorpora, readCorpus, readCorpusJson } from '../../support/corpora.ts';

const parse = (text: string) => parseDockerfile({ file: 'Dockerfile', text });

describe.skipIf(noCorpora)('parser corpus', () => {
  it.each(listCorpus('parser/positive'))('%s gives the dump of BuildKit', (name) => {
    const tree = parse(readCorpus(`parser/positive/${name}/Dockerfile`));
    expect(dumpTree(tree).trim()).toBe(readCorpus(`parser/positive/${name}/result`).trim());
  });

  it.each(listCorpus('parser/negative'))('%s is refused', (name) => {
    expect(() => parse(readCorpus(`parser/negative/${name}/Dockerfile`))).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_SYNTAX', source: expect.anything() }),
    );
  });

  it('gives the lines of each instruction', () => {
    const tree = parse(readCorpus('parser/lines/Dockerfile'));
    const expected = readCorpusJson('parser/lines/expected.json', { children: [] as number[][] });
    expect(tree.instructions.map(({ range }) => [range.startLine, range.endLine])).toEqual(expected.children);
  });

  it.each(listCorpus('real'))('%s parses', (name) => {
    expect(parse(readCorpus(`real/${name}/Dockerfile`)).instructions.length).toBeGreaterThan(0);
  });
});

interface GoHeredoc {
  readonly Name: string;
  readonly Content: string;
  readonly FileDescriptor?: number;
  readonly Expand?: boolean;
  readonly Chomp?: boolean;
}

const parseCase = readCorpusJson('heredoc/parse.json', {
  dockerfile: { args: [''] },
  heredocs_of_each_instruction: [] as (readonly GoHeredoc[] | null)[],
});
const forms = readCorpusJson('heredoc/forms.json', {
  valid: [] as string[],
  invalid: [] as string[],
  not_heredocs: [] as string[],
  to_shell: [] as { line: string; heredocNames: string[] | null }[],
});

describe.skipIf(noCorpora)('heredoc corpus', () => {
  it('reads the here-documents of each instruction behind FROM', () => {
    const tree = parse(parseCase.dockerfile.args[0] ?? '');
    const expected = parseCase.heredocs_of_each_instruction.map((heredocs) =>
      (heredocs ?? []).map((heredoc) => ({
        name: heredoc.Name,
        content: heredoc.Content,
        fileDescriptor: heredoc.FileDescriptor ?? 0,
        expand: heredoc.Expand ?? false,
        chomp: heredoc.Chomp ?? false,
        range: expect.anything(),
      })),
    );
    expect(tree.instructions.slice(1).map((node) => node.heredocs)).toEqual(expected);
  });

  it.each(forms.valid)('%s is valid', (word) => {
    expect(parseHeredocWord(word)?.name).toBe('EOF');
  });

  it.each(forms.invalid)('%s is refused', (word) => {
    expect(() => parseHeredocWord(word)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_EXPANSION' }));
  });

  it.each(forms.not_heredocs)('%j is no here-document', (word) => {
    expect(parseHeredocWord(word)).toBeUndefined();
  });

  it.each(forms.to_shell)('$line announces $heredocNames', ({ line, heredocNames }) => {
    const ends = (heredocNames ?? []).map((name) => `${name}\n`).join('');
    const [node] = parse(`${line}\n${ends}`).instructions;
    const found = node?.heredocs.map((heredoc) => heredoc.name) ?? [];
    // BuildKit's own test looks only at what is found, and its parser finds nothing in `<<- EOF`.
    const expected = line === 'RUN <<- EOF' ? [] : (heredocNames ?? []);
    expect(found).toEqual(expected);
  });
});
