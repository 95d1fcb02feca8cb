import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { expandToWords, expandWord } from '../../../../src/frontend/words/expand.ts';
import { createExpansionBudget } from '../../../../src/frontend/words/expansion-budget.ts';
import { noVariables, variablesFrom, variablesFromEnv } from '../../../../src/frontend/words/variables.ts';
import { wordCase } from '../../../differential/generate.ts';

const options = { escape: '\\' } as const;
const failure = (code: string) => expect.objectContaining({ code });

describe('expandWord', () => {
  it('takes a simple word the short way and the long way to the same end', () => {
    const piece = fc.constantFrom('$a', '${b}', '$unset', 'x', '/', '=', '-', ' ', '_', '1', '.');
    fc.assert(
      fc.property(fc.array(piece), fc.boolean(), (pieces, quoted) => {
        const word = quoted ? `"${pieces.join('')}"` : pieces.join('');
        const variables = variablesFromEnv(['a=1 2', 'b=', '_=u', 'x_=v']);
        const short = expandWord(word, variables, options);
        // An escaped character keeps the short way from being taken.
        const long = expandWord(`\\#${word}`, variables, options);
        expect(`#${short.text}`).toBe(long.text);
        expect([...short.matched].sort()).toEqual([...long.matched].sort());
        expect([...short.unmatched].sort()).toEqual([...long.unmatched].sort());
      }),
    );
  });

  it('never fails but with an error of its own', () => {
    fc.assert(
      fc.property(wordCase, ({ word, env, escape: escapeSign }) => {
        try {
          expandWord(word, variablesFromEnv(env), { escape: escapeSign });
        } catch (error) {
          expect(isFirekilnError(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('hostile words', () => {
  it('stops variables that double themselves', () => {
    let value = 'x'.repeat(1000);
    const double = (): void => {
      for (;;) value = expandWord('$a$a', variablesFrom(new Map([['a', value]])), options).text;
    };
    expect(double).toThrow(failure('LIMIT_EXCEEDED'));
    expect(value.length).toBeLessThan(2 * 1024 * 1024);
  });

  it('stops many words that are each within bounds', () => {
    const budget = createExpansionBudget(10_000);
    const variables = variablesFromEnv([`a=${'x'.repeat(900)}`]);
    const expand = (): void => {
      for (let count = 0; count < 100; count++) expandWord('$a', variables, { ...options, budget });
    };
    expect(expand).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it('stops many searches that are each within bounds', () => {
    const budget = createExpansionBudget(undefined, 1_000_000);
    const variables = variablesFromEnv([`a=${'a'.repeat(600)}`]);
    const expand = (): void => {
      for (let count = 0; count < 20; count++) {
        expandWord(`\${a##${'*a'.repeat(200)}b}`, variables, { ...options, budget });
      }
    };
    expect(expand).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it('stops nesting without end', () => {
    const nested = (depth: number) => `${'${a:-'.repeat(depth)}x${'}'.repeat(depth)}`;
    expect(expandWord(nested(500), noVariables, options).text).toBe('x');
    expect(() => expandWord(nested(501), noVariables, options)).toThrow(failure('LIMIT_EXCEEDED'));
    expect(() => expandWord(nested(100_000), noVariables, options)).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it('stops copying of long operands through many levels', () => {
    const text = `${'${a:-'.repeat(400)}${'y'.repeat(1_000_000)}${'}'.repeat(400)}`;
    expect(() => expandToWords(text, noVariables, options)).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it('bounds the work of patterns', () => {
    const variables = variablesFromEnv([`a=${'a'.repeat(100_000)}`]);
    expect(expandWord(`\${a%%${'*a'.repeat(20)}b}`, variables, options).text).toHaveLength(100_000);
    expect(() => expandWord(`\${a#${'*a'.repeat(2000)}b}`, variables, options)).toThrow(failure('LIMIT_EXCEEDED'));
    expect(() => expandWord(`\${a//a/${'b'.repeat(1000)}}`, variables, options)).toThrow(failure('LIMIT_EXCEEDED'));
  });

  it('lets the body of a here-document be long', () => {
    const body = `"${'x'.repeat(3_000_000)}' $a\n`;
    const { text } = expandWord(body, variablesFromEnv(['a=1']), { ...options, ignoreQuotes: true });
    expect(text).toHaveLength(body.length - 1);
  });
});
