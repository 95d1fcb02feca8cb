import { describe, expect, it } from 'vitest';
import { drawExcerpt } from '../../../src/report/source-excerpt.ts';

const text = 'FROM a\nENV x=y\nCOPY --form=b . /\nRUN make\nCMD ["x"]\nUSER u\n';

describe('drawExcerpt', () => {
  it('shows the place, the lines around and a mark under the words at fault', () => {
    const drawn = drawExcerpt({
      file: 'app/Dockerfile',
      text,
      ranges: [{ startLine: 3, startColumn: 1, endLine: 3, endColumn: 17 }],
      focus: { startLine: 3, startColumn: 6, endLine: 3, endColumn: 13 },
    });
    expect(drawn).toEqual([
      'app/Dockerfile:3:6',
      '--------------------',
      '   1 |     FROM a',
      '   2 |     ENV x=y',
      '   3 | >>> COPY --form=b . /',
      '     |          ^^^^^^^^',
      '   4 |     RUN make',
      '   5 |     CMD ["x"]',
      '--------------------',
    ]);
  });

  it('paints the marks only', () => {
    const source = { file: 'f', text, ranges: [{ startLine: 1, endLine: 1 }] };
    const drawn = drawExcerpt(source, { paint: (mark) => `<${mark}>` });
    expect(drawn[2]).toBe('   1 | <>>>> FROM a');
    expect(drawn[3]).toBe('   2 |     ENV x=y');
  });

  it('cuts a long line around the words at fault', () => {
    const long = `RUN ${'x'.repeat(1_000_000)} --bad ${'y'.repeat(100)}`;
    const startColumn = long.indexOf('--bad') + 1;
    const drawn = drawExcerpt(
      {
        file: 'f',
        text: long,
        ranges: [{ startLine: 1, endLine: 1 }],
        focus: { startLine: 1, startColumn, endLine: 1, endColumn: startColumn + 4 },
      },
      { columns: 40 },
    );
    expect(drawn[2]).toBe(`   1 | >>> …${'x'.repeat(19)} --bad ${'y'.repeat(14)}…`);
    expect(drawn[3]).toBe(`     |     ${' '.repeat(21)}^^^^^`);
  });

  it('shows at most twelve lines of many, with the words at fault among them', () => {
    const many = Array.from({ length: 500 }, (_, index) => `line ${index + 1}`).join('\n');
    const drawn = drawExcerpt({
      file: 'f',
      text: many,
      ranges: [{ startLine: 10, endLine: 490 }],
      focus: { startLine: 300, startColumn: 1, endLine: 300, endColumn: 4 },
    });
    expect(drawn[0]).toBe('f:10:1');
    expect(drawn).toContain(' 300 | >>> line 300');
    expect(drawn.length).toBeLessThanOrEqual(16);
  });

  it('shows control characters as escapes and drops nothing', () => {
    const hostile = 'RUN \x1b[2Jevil\rinnocent\u202e';
    const drawn = drawExcerpt({ file: 'f\x1b', text: hostile, ranges: [{ startLine: 1, endLine: 1 }] });
    expect(drawn[0]).toBe('f\\x1b:1:1');
    expect(drawn[2]).toBe('   1 | >>> RUN \\x1b[2Jevil\\x0dinnocent\\x202e');
  });
});
