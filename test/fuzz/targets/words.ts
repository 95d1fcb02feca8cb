import { expandToWords, expandWord } from '../../../src/frontend/words/expand.ts';
import type { ExpandOptions } from '../../../src/frontend/words/expand-options.ts';
import { variablesFrom } from '../../../src/frontend/words/variables.ts';
import { textCorpus } from '../fragments.ts';
import type { Random } from '../random.ts';
import { expectSame, resultOrRefusal } from '../refusal.ts';
import type { FuzzTarget } from '../target.ts';

/** Words as they are, and the same texts as values and as patterns, for which there are simpler ways to know the result. */
export const wordsTarget: FuzzTarget = {
  what: 'words with variables',
  maxSeconds: 5,
  corpus: async () => textCorpus(seeds, fragments),
  run(data, random) {
    // A mark at the very start is not part of the word.
    const text = data.toString().replace(/^\ufeff+/, '');
    const options = { escape: random.pick(['\\', '`'] as const), keepEscapes: random.oneIn(4) };
    checkWord(text, { ...options, ignoreQuotes: random.oneIn(4), keepQuotes: random.oneIn(4) });
    checkQuoting(text, options.escape);
    checkPatterns(text, random);
  },
};

const values = new Map([
  ['A', 'a'],
  ['b', 'a b\tc'],
  ['FILE', 'dir/archive.tar.gz'],
  ['EMPTY', ''],
  ['x_1', '*?\\$"\''],
]);
const variables = variablesFrom(values);
const names = ['A', 'b', 'FILE', 'EMPTY', 'x_1', 'UNSET', '1', '@', 'caf\u00e9'];
const operators = ['-', ':-', '+', ':+', '?', ':?', '#', '##', '%', '%%', '/', '//', ':', ':#', '^'];
const fragments = [
  ...names.map((name) => `$${name}`),
  ...names.flatMap((name) => operators.map((operator) => `\${${name}${operator}`)),
  '}',
  '}',
  '}',
  '/',
  '*',
  '?',
  '\\',
  '`',
  '"',
  "'",
  '<<',
  ' ',
  '\t',
  '${',
  '$',
  '.*',
  '*/',
  '\u{1f600}',
  '\u0085',
];
const seeds = [
  `$A/\${b}-\${UNSET}`,
  `\${A:-x}\${A-y}\${UNSET:-\${b:+z}}`,
  `\${FILE#*/}\${FILE##*.}\${FILE%.*}\${FILE%%.*}`,
  `\${FILE/a/b}\${FILE//[.]/_}\${FILE/\\/}`,
  `"$b 'in' \\"x\\"" 'single $A' \\$A`,
  `\${EMPTY:?must be given} \${A?}`,
  `cat <<EOF \${x_1//\\*/$A} plain=text`,
];

function checkWord(text: string, options: ExpandOptions): void {
  const expand = (more: Partial<ExpandOptions>) =>
    resultOrRefusal(() => expandWord(text, variables, { ...options, ...more }));
  const result = expand({});
  const split = resultOrRefusal(() => expandToWords(text, variables, options));
  if ('refusal' in result || 'refusal' in split) {
    const one = 'refusal' in result ? result.refusal.message : undefined;
    const other = 'refusal' in split ? split.refusal.message : undefined;
    expectSame('a word is refused alone or as words only', one, other);
    return;
  }
  const { matched, unmatched, text: expanded } = result.value;
  for (const name of matched) if (!values.has(name)) throw new Error(`${name} was found`);
  for (const name of unmatched) if (values.has(name)) throw new Error(`${name} was not found`);
  // A substitution within a word clears what came before it, as in BuildKit.
  if (!text.includes('${')) expectSame('words', dense(split.value.join('')), dense(expanded));
  const kept = expand({ keepUnset: true });
  if (unmatched.size === 0) expectSame('nothing was unset', kept, result);
}

/** Without what may separate words. */
function dense(text: string): string {
  return text.replace(/[\s\u0085]+/g, '');
}

/** Text that is quoted in any of the three ways is itself. */
function checkQuoting(text: string, sign: '\\' | '`'): void {
  const escaped = Array.from(text, (char) => sign + char).join('');
  const doubled = text.replace(/["$]|[\\`]/g, (char) => (/["$]/.test(char) || char === sign ? sign + char : char));
  const quoted = [escaped, `"${doubled}"`, ...(text.includes("'") ? [] : [`'${text}'`])];
  for (const word of quoted) {
    expectSame(`${word} quoted`, expandWord(word, variables, { escape: sign }).text, text);
    const words =
      text === '' || /^[\s\u0085]/.test(text) ? undefined : expandToWords(word, variables, { escape: sign });
    if (words !== undefined) expectSame(`${word} as words`, words, [text]);
  }
}

/** Of the operators that match patterns: what they cut and replace. */
function checkPatterns(text: string, random: Random): void {
  const chars = Array.from(text).slice(0, 300);
  const start = random.below(chars.length + 1);
  const part = chars.slice(start, start + 1 + random.below(8));
  const value = chars.join('') + part.join('');
  const pattern = part.map((char) => (random.oneIn(4) ? random.pick(['*', '?']) : char)).join('');
  const given = new Map([
    ['V', value],
    ['P', pattern],
  ]);
  const get = (word: string) => resultOrRefusal(() => expandWord(word, variablesFrom(given), { escape: '\\' }).text);
  const cut = (operator: string) => get(`\${V${operator}$P}`);
  // A pattern that starts with the operator's sign is the other operator.
  if (!/^[#%]/.test(pattern)) {
    checkCut(value, cut('#'), cut('##'), (part) => value.endsWith(part));
    checkCut(value, cut('%'), cut('%%'), (part) => value.startsWith(part));
  }
  if (/^\**$/.test(pattern) || pattern.includes('\\') || pattern.split('*').length > 4) return;
  expectSame(`first ${pattern} of ${value}`, get(`\${V/$P/-}`), { value: value.replace(asRegexp(pattern, 'u'), '-') });
  expectSame(`all ${pattern} of ${value}`, get(`\${V//$P/-}`), { value: value.replace(asRegexp(pattern, 'gu'), '-') });
}

/** A greedy match of such a pattern is the longest one. */
function asRegexp(pattern: string, flags: string): RegExp {
  const parts = Array.from(pattern, (char) => {
    if (char === '*') return '[^\\n]*';
    return char === '?' ? '[^\\n]' : `\\u{${char.codePointAt(0)?.toString(16)}}`;
  });
  return new RegExp(parts.join(''), flags);
}

type Result = ReturnType<typeof resultOrRefusal<string>>;

function checkCut(value: string, least: Result, most: Result, isPart: (text: string) => boolean): void {
  if ('refusal' in least || 'refusal' in most) {
    expectSame('refusals', 'refusal' in least, 'refusal' in most);
    return;
  }
  if (!isPart(least.value) || !isPart(most.value) || most.value.length > least.value.length) {
    throw new Error(`${JSON.stringify(value)} was cut to ${JSON.stringify([least.value, most.value])}`);
  }
}
