import { type ByteString, byteStringFromText, textOf } from '../../../src/base/byte-string.ts';
import { compileGlob } from '../../../src/formats/patterns/glob.ts';
import { escapedPattern } from '../escaped-pattern.ts';
import { textCorpus } from '../fragments.ts';
import { expectSame, resultOrRefusal } from '../refusal.ts';
import type { FuzzTarget } from '../target.ts';

/** A pattern on the first line, names on the others. */
export const globTarget: FuzzTarget = {
  what: 'patterns of COPY against names',
  maxSeconds: 5,
  corpus: async () => textCorpus(seeds, fragments),
  run(data) {
    const [pattern = '', ...names] = data.toString().split('\n').slice(0, 20);
    for (const name of [pattern, ...names]) checkLiteral(name.slice(0, 1000));
    const glob = compileGlob(pattern);
    const regexp = asRegexp(pattern);
    const unescaped = pattern.replace(/\\(.)/gsu, '$1');
    for (const name of [...names, unescaped, ...fixedNames]) {
      const result = resultOrRefusal(() => glob.matches(name));
      if ('refusal' in result) continue;
      if (!glob.isPattern) expectSame(`no pattern: ${pattern}, ${name}`, result.value, name === unescaped);
      // Of a class that may match a slash Go takes the first place where the rest fits only.
      if (regexp !== undefined && !(pattern.includes('[') && name.includes('/')) && name.length < 300) {
        expectSame(`${pattern} as ${regexp}, ${name}`, result.value, regexp.test(name));
      }
    }
  },
};

const fixedNames = ['', 'a', 'ab', 'a/b', 'x.tar.gz', '*', '[a]', '\u00e9\u{1f600}', 'a\\b', ']', '-', '^'];
const fragments = [
  '*',
  '?',
  '**',
  '/',
  '\\',
  '[',
  ']',
  '[^',
  '[a-z]',
  '[]',
  '[^]a]',
  '-',
  '\\]',
  '.',
  '\u{1f600}',
  '\n',
];
const seeds = [
  '*.tar.gz\nx.tar.gz\na/x.tar.gz\n',
  'a?[b-d]\\*\nabc*\na\u{1f600}d*\n',
  '[^a-c]*[\\]\\-]x\nzz]x\nz-x\na\n',
  'plain/name\nplain/name\nplain\n',
  '*a*b*c\nxaxbxc\naabbcc\n',
];

/** A name with nothing left in it that means something matches itself and nothing else. */
function checkLiteral(name: string): void {
  const glob = compileGlob(escapedPattern(name));
  const bytes: ByteString = byteStringFromText(name);
  const found = [glob.isPattern, glob.matches(name), glob.matches(textOf(bytes)), glob.matches(`${name}x`)];
  expectSame(`the name ${JSON.stringify(name)}`, found, [false, true, true, false]);
}

/** The same by other means; undefined for a pattern that is wrong, or that takes for ever in this way. */
function asRegexp(pattern: string): RegExp | undefined {
  const parts = pattern.match(/\\.|\[\^?(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+\]|\*+|[^[\\*]/gsu) ?? [];
  if (parts.join('') !== pattern || parts.filter((part) => part.startsWith('*')).length > 3) return undefined;
  return new RegExp(`^(?:${parts.map(regexpOfPart).join('')})$`, 'su');
}

function regexpOfPart(part: string): string {
  if (part.startsWith('*')) return '[^/]*';
  if (part === '?') return '[^/]';
  if (!part.startsWith('[')) return literal(part.replace(/^\\/, ''));
  const negated = part.startsWith('[^');
  const ranges = part.slice(negated ? 2 : 1, -1).match(/(?:\\.|[^\\])(?:-(?:\\.|[^\\]))?/gsu) ?? [];
  const alternatives = ranges.map((range) => {
    const [low = '', high = low] = Array.from(range.replace(/\\(.)/gsu, '$1')).filter(
      (_, at, all) => all.length === 1 || at !== 1,
    );
    return low <= high && (low.codePointAt(0) ?? 0) <= (high.codePointAt(0) ?? 0)
      ? `[${literal(low)}-${literal(high)}]`
      : '(?!)';
  });
  const any = `(?:${alternatives.join('|')})`;
  return negated ? `(?!${any}).` : any;
}

function literal(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}
