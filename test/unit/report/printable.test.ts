import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth, fitWidth, printable } from '../../../src/report/printable.ts';

describe('printable', () => {
  it.each([
    ['plain text', 'plain text'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007after', 'after'],
    ['10%\r50%\r100%', '100%'],
    ['dos line\r', 'dos line'],
    ['a\tb', 'a    b'],
    ['bell\u0007', 'bell\\x07'],
    ['\u202eevil', '\\x202eevil'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('fitWidth', () => {
  it('never exceeds the columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(displayWidth(fitWidth(printable(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('cuts wide characters as a whole', () => {
    expect(fitWidth('日本語テキスト', 6)).toBe('日本…');
  });
});
