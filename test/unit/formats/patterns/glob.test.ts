import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../../src/formats/patterns/glob.ts';

describe('compileGlob', () => {
  it.each([
    ['*.ts', 'a.ts', true],
    ['*.ts', 'a/b.ts', false],
    ['*', '.hidden', true],
    ['a?c', 'a/c', false],
    ['[^a-c]x', 'dx', true],
    ['\\*', '*', true],
    ['a*b*c', 'aXbbYc', true],
    ['', '', true],
    ['ä?', 'ä😀', true],
  ] as const)('%s and %s: %s', (pattern, name, expected) => {
    expect(compileGlob(pattern).matches(name)).toBe(expected);
  });

  it('tells patterns from names with escapes', () => {
    expect(compileGlob('a\\*b').isPattern).toBe(false);
    expect(compileGlob('a[b]').isPattern).toBe(true);
  });

  it('fails where a wrong part is reached', () => {
    expect(() => compileGlob('a[').matches('b')).toThrow(expect.objectContaining({ code: 'PATTERN_INVALID' }));
    expect(compileGlob('a*[').matches('b')).toBe(false);
  });

  it('does not search for hours', () => {
    expect(compileGlob(`${'*a'.repeat(1000)}b`).matches('a'.repeat(4000))).toBe(false);
  });
});
