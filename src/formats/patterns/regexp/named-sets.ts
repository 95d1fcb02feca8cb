import { type CodeRange, type CodeSet, codeSet, codes, complement, maxCodePoint } from './code-set.ts';

/** `\d`, `\s`, `\w` and their opposites, ASCII only as in RE2. */
const perl: Readonly<Record<string, CodeSet>> = {
  d: codes('0-9'),
  s: codes('\t\n\f\r '),
  w: codes('0-9A-Za-z_'),
};

const posix: Readonly<Record<string, CodeSet>> = {
  alnum: codes('0-9A-Za-z'),
  alpha: codes('A-Za-z'),
  ascii: codes('\0-\x7f'),
  blank: codes('\t '),
  cntrl: codes('\0-\x1f\x7f'),
  digit: codes('0-9'),
  graph: codes('!-~'),
  lower: codes('a-z'),
  print: codes(' -~'),
  punct: codes('!-/:-@[-`{-~'),
  space: codes('\t-\r '),
  upper: codes('A-Z'),
  word: codes('0-9A-Za-z_'),
  xdigit: codes('0-9A-Fa-f'),
};

export function perlSet(letter: string): CodeSet | undefined {
  const set = perl[letter.toLowerCase()];
  if (set === undefined || !Object.hasOwn(perl, letter.toLowerCase())) return undefined;
  return letter === letter.toLowerCase() ? set : complement(set);
}

/** The set that `[:name:]` or `[:^name:]` stands for. */
export function posixSet(name: string): CodeSet | undefined {
  const bare = name.startsWith('^') ? name.slice(1) : name;
  const set = Object.hasOwn(posix, bare) ? posix[bare] : undefined;
  return set === undefined || bare === name ? set : complement(set);
}

const unicodeSets = new Map<string, CodeSet>();

/** One of the general categories that have a name of one letter: `\pL`. */
export function categorySet(letter: string): CodeSet | undefined {
  if (!/^[CLMNPSZ]$/.test(letter)) return undefined;
  const known = unicodeSets.get(letter);
  if (known !== undefined) return known;
  const pattern = new RegExp(`\\p{${letter}}`, 'u');
  const ranges: CodeRange[] = [];
  for (let code = 0; code <= maxCodePoint; code++) {
    if (pattern.test(String.fromCodePoint(code))) ranges.push({ low: code, high: code });
  }
  const set = codeSet(ranges);
  unicodeSets.set(letter, set);
  return set;
}
