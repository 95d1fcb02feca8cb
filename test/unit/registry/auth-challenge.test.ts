import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../src/registry/auth-challenge.ts';

const plain = (header: string) => parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);

describe('parseChallenges', () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        [
          'bearer',
          { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
        ],
      ],
    ],
    ['Basic realm="x y"', [['basic', { realm: 'x y' }]]],
    ['basic realm = "a" , charset = "UTF-8"', [['basic', { realm: 'a', charset: 'UTF-8' }]]],
    [
      'Basic realm="a", Bearer realm="b"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'Negotiate, Basic realm=a',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    [
      'Negotiate YWJj==, Basic realm=a',
      [
        ['negotiate', {}],
        ['basic', { realm: 'a' }],
      ],
    ],
    ['BEARER REALM="r",realm="second"', [['bearer', { realm: 'r' }]]],
    [String.raw`Bearer realm="a\"b\\c"`, [['bearer', { realm: String.raw`a"b\c` }]]],
    [', ,Basic realm=""', [['basic', { realm: '' }]]],
    ['Bearer', [['bearer', {}]]],
    ['Bearer realm="unterminated', [['bearer', {}]]],
    ['Bearer realm=', [['bearer', {}]]],
    ['Bearer __proto__="x"', [['bearer', { ['__proto__']: 'x' }]]],
    ['', []],
    ['="x"', []],
    ['realm="x"', []],
  ])('%s', (header, challenges) => {
    expect(plain(header)).toEqual(challenges);
  });

  it('reads back any parameters', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const value = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((it) => String.fromCharCode(it)),
      maxLength: 40,
    });
    const challenge = fc.tuple(
      fc.constantFrom('bearer', 'basic'),
      fc.dictionary(name, value, { noNullPrototype: true, minKeys: 1 }),
    );
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(([scheme, parameters]) => {
            const list = Object.entries(parameters).map(([key, text]) => `${key}="${text.replace(/["\\]/g, '\\$&')}"`);
            return `${scheme} ${list.join(', ')}`;
          })
          .join(', ');
        fc.pre(header.length <= 8192);
        expect(plain(header)).toEqual(challenges);
      }),
    );
  });

  it('survives any header', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('Ba=", \\\t:;\n')), maxLength: 20_000 }),
        (header) => {
          expect(parseChallenges(header)).toBeInstanceOf(Array);
        },
      ),
    );
  });
});
