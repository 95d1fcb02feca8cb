import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import type { SourceRange } from '../../../../src/base/errors/source-excerpt.ts';
import { readDockerfile } from '../../../../src/frontend/instructions/read-dockerfile.ts';
import { parseDockerfile } from '../../../../src/frontend/syntax/parse-dockerfile.ts';
import type { InstructionNode, Token } from '../../../../src/frontend/syntax/tree.ts';
import { dockerfile } from '../../../differential/generate.ts';

const parse = (text: string) => parseDockerfile({ file: 'Dockerfile', text });

/** The part of a text that a range covers, on one line. */
function cut(text: string, { startLine, startColumn = 1, endLine, endColumn = 0 }: SourceRange): string {
  const line = text.split('\n')[startLine - 1] ?? '';
  return startLine === endLine ? line.slice(startColumn - 1, endColumn) : '';
}

function tokensOf(node: InstructionNode): Token[] {
  return [node.keyword, ...node.flags, ...node.args, ...(node.trigger === undefined ? [] : tokensOf(node.trigger))];
}

const show = (text: string) =>
  parse(text)
    .instructions.flatMap(tokensOf)
    .map(({ range }) => cut(text, range));

describe('places of tokens', () => {
  it.each([
    ['  FROM  --platform=a  x  AS  y', ['FROM', '--platform=a', 'x', 'AS', 'y']],
    ['RUN --mount="type=cache x"  echo  hi ', ['RUN', '--mount="type=cache x"', 'echo  hi']],
    ['CMD ["a",  "b\\"c"]', ['CMD', '"a"', '"b\\"c"']],
    ["ENV a=b  'c d'=e", ['ENV', 'a', 'b', '=', "'c d'", 'e', '=']],
    ['ENV name  some value', ['ENV', 'name', 'some value', '']],
    ['ONBUILD  COPY --link a /b', ['ONBUILD', 'COPY', '--link', 'a', '/b']],
    ['HEALTHCHECK --retries=3  CMD  curl x', ['HEALTHCHECK', '--retries=3', 'CMD', 'curl x']],
    ['ARG a b=c', ['ARG', 'a', 'b=c']],
  ])('%s', (text, expected) => {
    expect(show(text).map((part, index) => (expected[index] === '' ? '' : part))).toEqual(expected);
  });

  it('finds tokens on the lines that they stand on', () => {
    const text = 'COPY \\\n  # why\n  --from=x \\\n\n\ta \\\n/b\n';
    const [node] = parse(text).instructions;
    expect(node === undefined ? [] : tokensOf(node).map(({ range }) => [range.startLine, range.startColumn])).toEqual([
      [1, 1],
      [3, 3],
      [5, 2],
      [6, 1],
    ]);
    expect(node?.range).toEqual({ startLine: 1, startColumn: 1, endLine: 6, endColumn: 2 });
  });

  it('covers a word that goes on in the next line', () => {
    const [node] = parse('COPY aa\\\nbb /c').instructions;
    expect(node?.args[0]).toEqual({
      value: 'aabb',
      range: { startLine: 1, startColumn: 6, endLine: 2, endColumn: 2 },
    });
  });

  it('knows where directives and here-documents are', () => {
    const tree = parse('# escape = `\n# check=skip=all\nFROM x\nRUN <<E\na\nE\n');
    expect(tree.directives.map(({ name, value, range }) => [name, value, range.startLine, range.startColumn])).toEqual([
      ['escape', '`', 1, 12],
      ['check', 'skip=all', 2, 9],
    ]);
    expect(tree.escape).toBe('`');
    expect(tree.instructions[1]?.heredocs[0]?.range).toEqual({ startLine: 5, endLine: 6 });
    const whole = parse('FROM x\r\nRUN <<END\r\na\r\nEND\r\n').instructions[1];
    expect(whole?.range).toEqual({ startLine: 2, startColumn: 1, endLine: 4, endColumn: 3 });
  });

  it('lie within the text, in order, whatever the text', () => {
    fc.assert(
      fc.property(dockerfile, (text) => {
        let tree: ReturnType<typeof parse>;
        try {
          tree = parse(text);
        } catch (error) {
          expect(isFirekilnError(error)).toBe(true);
          return;
        }
        const lines = tree.source.text.split('\n');
        let last = 0;
        for (const node of tree.instructions) {
          expect(node.range.startLine).toBeGreaterThan(last);
          last = node.range.endLine;
          expect(last).toBeLessThanOrEqual(lines.length);
          for (const { value, range } of tokensOf(node)) {
            const { startLine, startColumn = 0, endLine, endColumn = 0 } = range;
            expect(startLine).toBeGreaterThanOrEqual(node.range.startLine);
            expect(endLine).toBeLessThanOrEqual(node.range.endLine);
            expect(startColumn).toBeGreaterThanOrEqual(1);
            if (value !== '') expect(endColumn).toBeLessThanOrEqual(lines[endLine - 1]?.length ?? 0);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('errors', () => {
  it.each([
    ['FROM x\nFORM y', /unknown instruction: FORM/, 2, 1, 'Did you mean FROM?'],
    ['FROM x\nCOPY --form=y a b', /unknown flag --form/, 2, 6, 'Did you mean --from?'],
    ['FROM x\nRUN --mount=type=bnd,target=/x a', /type "bnd"/, 2, undefined, undefined],
    ['FROM x\nENV a=b c', /without a =/, 2, 9, 'A value with blanks needs quotes: name="a b".'],
    ['FROM x y', /expected FROM image AS name|2 arguments/, 1, 8, undefined],
    ['FROM x AS 1a', /no name for a stage/, 1, 11, undefined],
    ['FROM x\nCOPY a', /no destination/, 2, 1, undefined],
    ['FROM x\nRUN <<E\nhi', /not closed/, 2, undefined, undefined],
    ['FROM x\nVOLUME [1]', /else than strings/, 2, 8, undefined],
    ['', /no instructions/, 1, undefined, undefined],
  ])('%j', (text, message, line, column, hint) => {
    let found: unknown;
    try {
      for (const stage of readDockerfile(parse(text)).stages) expect(stage.instructions).toBeDefined();
    } catch (error) {
      found = error;
    }
    if (found === undefined) {
      // A mount is read in full only when it is expanded.
      expect(text).toContain('--mount');
      return;
    }
    if (!isFirekilnError(found)) throw new Error('another error', { cause: found });
    expect(found.message).toMatch(message);
    expect(found.source?.ranges[0]?.startLine).toBe(line);
    if (column !== undefined) expect(found.source?.focus?.startColumn ?? 1).toBe(column);
    if (hint !== undefined) expect(found.hint).toBe(hint);
  });
});

describe('hostile files', () => {
  const failure = (code: string) => expect.objectContaining({ code });

  it('refuses a line of a megabyte', () => {
    const text = `FROM x\nRUN ${'a'.repeat(1_000_000)}\n`;
    expect(() => parse(text)).toThrow(failure('DOCKERFILE_SYNTAX'));
    expect(() => parse(text)).toThrow(/line 2 is longer than 65535 bytes/);
  });

  it('takes the longest line that BuildKit takes', () => {
    expect(parse(`FROM ${'a'.repeat(65_530)}\n`).instructions).toHaveLength(1);
    expect(() => parse(`FROM ${'a'.repeat(65_531)}\n`)).toThrow(failure('DOCKERFILE_SYNTAX'));
    expect(() => parse(`FROM ${'é'.repeat(32_766)}\n`)).toThrow(failure('DOCKERFILE_SYNTAX'));
  });

  it('takes an instruction of many lines and many instructions', () => {
    const long = `FROM x\nRUN a ${`\\\n ${'b'.repeat(99)}`.repeat(20_000)}\n`;
    expect(parse(long).instructions[1]?.args[0]?.value.length).toBeGreaterThan(1_900_000);
    const many = `FROM x\n${'ENV a=b\n'.repeat(99_999)}`;
    expect(readDockerfile(parse(many)).stages[0]?.instructions).toHaveLength(99_999);
    expect(() => parse(`${many}RUN x\n`)).toThrow(failure('LIMIT_EXCEEDED'));
    expect(() => parse(`FROM x\n${'#\n'.repeat(9_000_000)}`)).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it.each([
    ['an instruction of more than four mebibytes', `FROM x\nRUN a${`\\\n${'b'.repeat(60_000)}`.repeat(70)}\n`, 2],
    ['words in many lines', `FROM x\nCOPY${' a \\\n'.repeat(500_000)} /\n`, 2],
    ['words in many instructions', `FROM x\n${`COPY ${'a '.repeat(30_000)}/\n`.repeat(17)}`, 18],
  ])('refuses %s at its line', (_, text, line) => {
    let found: unknown;
    try {
      parse(text);
    } catch (error) {
      found = error;
    }
    expect(found).toMatchObject({ code: 'LIMIT_EXCEEDED', source: { ranges: [{ startLine: line }] } });
  });

  it.each([
    ['nested triggers', `FROM x\n${'ONBUILD \\\n'.repeat(50_000)} RUN x`],
    ['nested JSON', `FROM x\nCMD ${'[\\\n'.repeat(50_000)}`],
    ['runs of blanks', `FROM x\nRUN ${' \\\n'.repeat(50_000)}x`],
    ['runs of carriage returns', `FROM x\nRUN a${'\r'.repeat(60_000)}b\n`],
    ['directives of blanks', `# check=${' '.repeat(60_000)}x\nFROM x`],
    ['flags without end', `FROM x\nRUN ${'--a '.repeat(16_000)}`],
    ['words with quotes', `FROM x\nENV ${'"'.repeat(60_000)}`],
    ['substitutions in a line with a here-document sign', `FROM x\nRUN << ${'${a:-'.repeat(10_000)}`],
    ['here-document words', `FROM x\nRUN ${'<<a '.repeat(10_000)}\n${'a\n'.repeat(10_000)}`],
  ])('handles %s', (_, text) => {
    try {
      readDockerfile(parse(text));
    } catch (error) {
      expect(isFirekilnError(error)).toBe(true);
    }
  });
});
