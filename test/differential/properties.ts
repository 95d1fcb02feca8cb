import fc from 'fast-check';
import { compareGit } from './compare-git.ts';
import { compareInstructions } from './compare-instructions.ts';
import { compareLint } from './compare-lint.ts';
import { compareParse, type Difference } from './compare-parse.ts';
import { compareGlob, compareIgnore, compareIgnoreFile } from './compare-patterns.ts';
import { compareWord } from './compare-words.ts';
import { dockerfile, gitText, ignoreFile, lintCase, mutationsOf, patternCase, wordCase } from './generate.ts';
import type { Oracle } from './oracle.ts';

type Property = fc.IAsyncProperty<unknown>;

export const kinds = [
  'words',
  'parse',
  'instructions',
  'expanded',
  'ignore',
  'glob',
  'ignorefile',
  'git',
  'lint',
] as const;

export type Kind = (typeof kinds)[number];

/** Each holds if we and BuildKit agree. `texts` are Dockerfiles to mutate. */
export function propertiesOf(oracle: Oracle, texts: readonly string[]): Readonly<Record<Kind, Property>> {
  const env = ['a=b', 'b=a b', 'FOO=foo/bar.tar.gz', 'x1=', '_=under'];
  const text = texts.length === 0 ? dockerfile : fc.oneof(dockerfile, mutationsOf(texts));
  return {
    words: agreeOn(wordCase, (row) => compareWord(oracle, row)),
    parse: agreeOn(text, (it) => compareParse(oracle, it)),
    instructions: agreeOn(text, (it) => compareInstructions(oracle, it)),
    ignore: agreeOn(patternCase, (row) => compareIgnore(oracle, row)),
    glob: agreeOn(patternCase, (row) => compareGlob(oracle, row)),
    ignorefile: agreeOn(ignoreFile, (it) => compareIgnoreFile(oracle, it)),
    lint: agreeOn(lintCase, (it) => compareLint(oracle, it)),
    git: agreeOn(gitText, (it) => compareGit(oracle, it)),
    expanded: agreeOn(text, (it) => compareInstructions(oracle, it, env)),
  };
}

function agreeOn<T>(input: fc.Arbitrary<T>, compare: (input: T) => Promise<Difference | undefined>): Property {
  return fc.asyncProperty(input, async (value) => {
    if (typeof value === 'string' && hasForeignBytes(value)) return;
    const difference = await compare(value);
    if (difference === undefined) return;
    throw new Error(`ours:   ${JSON.stringify(difference.ours)}\ntheirs: ${JSON.stringify(difference.theirs)}`);
  }) as Property;
}

/**
 * BuildKit takes the bytes of flags, and of the kind of a HEALTHCHECK, for characters, so that those beyond ASCII come out garbled and may split words; we
 * don't (docs/differences.md).
 */
function hasForeignBytes(text: string): boolean {
  return /(?:--|healthcheck).*[^\0-\x7f]/is.test(text);
}
