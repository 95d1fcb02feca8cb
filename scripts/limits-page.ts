import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Limit {
  readonly file: string;
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** The constants of `src` that are ceilings (`maxSomething`), each with the reason that stands above it. */
function limitsOf(src: string): Limit[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const pattern =
      /(?:\/\*\* ([^*]*(?:\*(?!\/)[^*]*)*) \*\/\n)(?:export )?const (max[A-Z]\w*)(?:: number)? = ([^;\n]+);/g;
    return Array.from(text.matchAll(pattern), ([, reason = '', name = '', value = '']) => {
      return { file, name, value: shown(value), reason: reason.replace(/\s*\n?\s*\* ?/g, ' ').trim() };
    });
  });
}

/** `64 * 1024` and the like as one number. */
function shown(expression: string): string {
  if (!/^[\d_\s*+()<n-]+$/.test(expression) || !/\d/.test(expression)) return `\`${expression}\``;
  const value = expression.split(/(?<!\*)\*(?!\*)/).reduce((product, part) => product * term(part), 1);
  return Number.isFinite(value) ? value.toLocaleString('en-US') : `\`${expression}\``;
}

function term(text: string): number {
  const [left = '', shift] = text.split('<<');
  const [base = '', power] = left.split('**');
  const number = (part: string) => Number(part.replaceAll('_', '').trim());
  const value = power === undefined ? number(base) : number(base) ** number(power);
  return shift === undefined ? value : value * 2 ** number(shift);
}

/** The page of ceilings. */
export function limitsPage(src: string): string {
  const rows = limitsOf(src).map(({ file, name, value, reason }) => {
    return `- \`${name}\` (src/${file}): ${value}. ${reason.replaceAll('|', '\\|')}`;
  });
  return [
    '# Limits\n',
    '<!-- Made by `npm run docs` from the constants of src; do not edit. -->\n',
    'Everything that comes from outside has a ceiling with a name, so that a hostile or broken input is refused in bounded',
    'time and memory. Messages of LIMIT_EXCEEDED say which one was met. Sizes are in bytes where nothing else is said.\n',
    ...rows,
    '',
  ].join('\n');
}
