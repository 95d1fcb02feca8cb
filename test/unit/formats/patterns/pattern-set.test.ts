import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteStringFromText } from '../../../../src/base/byte-string.ts';
import { foldersOf } from '../../../../src/formats/patterns/folders-of.ts';
import { readIgnoreFile } from '../../../../src/formats/patterns/ignore-file.ts';
import { compilePatternSet, type FolderMatch } from '../../../../src/formats/patterns/pattern-set.ts';

const failure = (code: string) => expect.objectContaining({ code });

describe('compilePatternSet', () => {
  it.each([
    [['node_modules'], 'node_modules/a/b', true],
    [['node_modules'], 'app/node_modules', false],
    [['**/node_modules'], 'app/node_modules/x', true],
    [['*.md', '!README.md'], 'README.md', false],
    [['docs', '!docs/keep'], 'docs/keep/x', false],
    [['docs', '!docs/keep'], 'docs/other', true],
    [['a+b'], 'a+b', true],
    [['A'], 'a', false],
    [['[[:digit:]]x'], '7x', true],
    [['a?c'], 'a😀c', true],
    [['**'], 'any/thing', true],
    [[' /spaced/ '], 'spaced', false],
  ] as const)('%j decides on %s: %s', (patterns, path, expected) => {
    expect(compilePatternSet(patterns).matches(path)).toBe(expected);
  });

  it('refuses patterns that mean nothing', () => {
    expect(() => compilePatternSet(['!'])).toThrow(failure('PATTERN_INVALID'));
    expect(() => compilePatternSet(['[a'])).toThrow(failure('PATTERN_INVALID'));
    expect(() => compilePatternSet(['a\\'])).toThrow(failure('PATTERN_INVALID'));
  });

  it('fails only when a pattern that RE2 refuses is asked', () => {
    const set = compilePatternSet(['a', '*\\E']);
    expect(set.matches('a')).toBe(true);
    expect(() => set.matches('b')).toThrow(failure('PATTERN_INVALID'));
  });

  it('takes byte paths for walks', () => {
    const set = compilePatternSet(['é?', '!éx']);
    expect(set.match(byteStringFromText('é😀'), undefined).matches).toBe(true);
    expect(set.match(byteStringFromText('éx'), undefined).matches).toBe(false);
  });

  it('gives the same with and without a walk where no pattern is an exception', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'c.md');
    const pattern = fc.constantFrom('a', 'a/b', '*', '**/b', 'a*/**', '*.md', '**/a*b', 'a/**/c.md');
    fc.assert(
      fc.property(
        fc.array(pattern, { maxLength: 4 }),
        fc.array(name, { minLength: 1, maxLength: 5 }),
        (texts, names) => {
          const set = compilePatternSet(texts);
          const path = names.join('/');
          let state: FolderMatch | undefined;
          for (const folder of foldersOf(path)) state = set.matchWithin(folder, state).state;
          expect(set.matchWithin(path, state).matches).toBe(set.matches(path));
        },
      ),
    );
  });

  it('bounds the work for patterns that make others search for hours', () => {
    const stars = `${'*a'.repeat(60)}b`;
    const folders = `${'**/a/'.repeat(60)}b`;
    const questions = `**/*a${'?'.repeat(300)}`;
    const set = compilePatternSet([stars, folders, questions]);
    const path = `${'a'.repeat(255)}/`.repeat(15);
    expect(set.matches(`${path}x`)).toBe(false);
    expect(set.matches(`${'a/'.repeat(2000)}c`)).toBe(false);
  });

  it('stays right when there are more states than it remembers', () => {
    // Every subset of the last 14 places is a state of its own.
    const set = compilePatternSet([`*a${'?'.repeat(14)}`]);
    let bits = 1;
    let path = '';
    while (path.length < 20_000) {
      bits = (bits * 1_103_515_245 + 12_345) & 0x7fffffff;
      path += bits & 0x4000 ? 'a' : 'b';
    }
    for (let end = 15; end < path.length; end += 1499) {
      expect(set.matches(path.slice(0, end))).toBe(path[end - 15] === 'a');
    }
  });

  it('has ceilings', () => {
    expect(() => compilePatternSet(['x'.repeat(5000)])).toThrow(failure('PATTERN_INVALID'));
    expect(() => compilePatternSet(Array.from({ length: 10_001 }, () => 'a'))).toThrow(failure('LIMIT_EXCEEDED'));
    const long = Array.from({ length: 300 }, () => '*a'.repeat(2000));
    expect(() => compilePatternSet(long)).toThrow(failure('LIMIT_EXCEEDED'));
    expect(() => readIgnoreFile('x'.repeat(70_000))).toThrow(failure('PATTERN_INVALID'));
  });
});
