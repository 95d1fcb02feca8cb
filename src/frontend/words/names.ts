import type { Cursor } from './cursor.ts';

const asciiName = /[A-Za-z_][A-Za-z0-9_]*/y;
const asciiNameCharacter = /^\w$/;
const digit = /^\p{Nd}$/u;
const nameCharacter = /^[\p{L}\p{Nd}_]$/u;
const specialParameters = '@*#?-$!';

/** The name of a variable: a number, one of the shell's special parameters, or letters, digits and `_`. May be empty. */
export function takeName(cursor: Cursor): string {
  const start = cursor.takeRun(asciiName);
  if (start !== '') return start + takeWhile(cursor, nameCharacter);
  const first = cursor.peek();
  if (isSign(first)) return specialParameters.includes(first) ? cursor.next() : '';
  return takeWhile(cursor, digit.test(first) ? digit : nameCharacter);
}

function takeWhile(cursor: Cursor, pattern: RegExp): string {
  let name = '';
  for (let char = cursor.peek(); !isSign(char) && pattern.test(char); char = cursor.peek()) name += cursor.next();
  return name;
}

/** Nothing, or a character of ASCII that no name has: spares most calls the slower patterns. */
function isSign(char: string): boolean {
  return char < '\x80' && !asciiNameCharacter.test(char);
}
