import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { trimSpace } from '../../../src/base/white-space.ts';
import { readIgnoreRules } from '../../../src/build/ignore-rules.ts';
import { cleanPath } from '../../../src/formats/patterns/clean-path.ts';
import { foldersOf } from '../../../src/formats/patterns/folders-of.ts';
import { readIgnoreFile } from '../../../src/formats/patterns/ignore-file.ts';
import { readIgnorePattern } from '../../../src/formats/patterns/ignore-pattern.ts';
import { matchOneByOne } from '../../../src/formats/patterns/match-one-by-one.ts';
import { compilePatternSet, type FolderMatch, type PatternSet } from '../../../src/formats/patterns/pattern-set.ts';
import { escapedPattern } from '../escaped-pattern.ts';
import { textCorpus } from '../fragments.ts';
import { expectSame, resultOrRefusal } from '../refusal.ts';
import { expectPlace } from '../source-place.ts';
import type { FuzzTarget } from '../target.ts';

/** An ignore file and paths: fixed ones, and its own lines taken for names. */
export const ignoreTarget: FuzzTarget = {
  what: 'ignore files against paths',
  maxSeconds: 5,
  corpus: async () => textCorpus(seeds, fragments),
  async run(data) {
    const text = data.toString();
    await checkPlace(text);
    const patterns = readIgnoreFile(text);
    const set = compilePatternSet(patterns);
    const oneByOne = matchOneByOne(set.patterns.map((one) => ({ ...one, form: readIgnorePattern(one.text) })));
    const own = text.split('\n').slice(0, 20).map(nameOf);
    for (const path of [...paths, ...own]) {
      const matches = resultOf(() => set.matches(path));
      expectSame(
        `${path} one by one`,
        matches,
        resultOf(() => oneByOne.matches(path)),
      );
      // A walk may ask a pattern that is wrong, which matching the whole path does not.
      const walked = set.hasExceptions ? undefined : resultOf(() => inWalk(set, path));
      if (matches !== undefined && walked !== undefined) expectSame(`${path} in a walk`, matches, walked);
    }
    for (const name of own) checkLiteral(name, patterns);
  },
};

const paths = [
  'a',
  'b/a',
  'src/main.ts',
  'src/lib/x.md',
  'node_modules/y/z.js',
  '.git/HEAD',
  'a b/\u00e9\u{1f600}',
  'x/y/z/a',
];
const fragments = [
  '**',
  '*',
  '?',
  '/',
  '!',
  '#',
  '\\',
  '[',
  ']',
  '[^',
  '[a-',
  '[[:alpha:]]',
  '\\Q',
  '\\E',
  '\\b',
  '\\pL',
].concat([
  '..',
  '.',
  '\n',
  '\n!',
  '\r\n',
  ' ',
  '**/',
  '/**',
  '\\x{1f600}',
  '\\A',
  '\\z',
  '\\d',
  '$',
  '(',
  '|',
  '\u{1f600}',
]);
const seeds = [
  '# comment\nnode_modules\n*.md\n!README.md\n',
  '**/*.js\n/src/**\n!src/main.ts\n',
  'a?b[c-e]\\*\n[^x]*/y\n',
  '**\n!**/a\n./b/../a/\n',
  '*[[:digit:]]\\d\\pL\\x41\n\\Qa*b\\E\n',
];

/** What an ignore file is refused for is on one of its lines. */
async function checkPlace(text: string): Promise<void> {
  try {
    await readIgnoreRules({ dockerfile: undefined, beside: async () => undefined, inContext: async () => text });
  } catch (error) {
    if (!isFirekilnError(error, 'PATTERN_INVALID')) throw error;
    expectPlace(error, '.dockerignore');
  }
}

/** Undefined where a pattern that is wrong, or too much work, is met. */
function resultOf(match: () => boolean): boolean | undefined {
  const result = resultOrRefusal(match);
  return 'value' in result ? result.value : undefined;
}

function inWalk(set: PatternSet, path: string): boolean {
  let folder: FolderMatch | undefined;
  for (const one of foldersOf(path)) folder = set.matchWithin(one, folder).state;
  return set.matchWithin(path, folder).matches;
}

function nameOf(line: string): string {
  return cleanPath(trimSpace(line.replaceAll('\ufeff', '')))
    .slice(0, 1000)
    .replace(/^\/+/, '');
}

/** A name, written so that nothing in it means more, matches itself and what is in it; behind a `!` it takes both back. */
function checkLiteral(name: string, before: readonly string[]): void {
  if (trimSpace(name) !== name || cleanPath(name) !== name || name === '.' || name.startsWith('..')) return;
  const pattern = escapedPattern(name);
  expectSame(`the pattern ${pattern} in a file`, readIgnoreFile(`${pattern}\n`), [pattern]);
  const alone = compilePatternSet([pattern]);
  const first = resultOf(() => compilePatternSet([...before, pattern]).matches(name));
  const last = resultOf(() => compilePatternSet([...before, pattern, `!${pattern}`]).matches(`${name}/x`));
  const found = [
    alone.matches(name),
    alone.matches(`${name}/x`),
    alone.matches(`${name}x`),
    first ?? true,
    last ?? false,
  ];
  expectSame(`the name ${JSON.stringify(name)}`, found, [true, true, false, true, false]);
}
