import type { Cursor } from './cursor.ts';

const asciiName = /[A-Za-z_][A-Za-z0-9_]*/y;
const digit = /^\p{Nd}$/u;
const nameCharacter = /^[\p{L}\p{Nd}_]$/u;
const specialParameters = '@*#?-$!0';

/** The name of a variable: a number, one of the shell's special parameters, or letters, digits and `_`. May be empty. */
export function takeName(cursor: Cursor): string {
  const start = cursor.takeRun(asciiName);
  if (start !== '') return start + takeWhile(cursor, nameCharacter);
  const first = cursor.peek();
  if (digit.test(first)) return takeWhile(cursor, digit);
  if (first !== '' && specialParameters.includes(first)) return cursor.next();
  return takeWhile(cursor, nameCharacter);
}

function takeWhile(cursor: Cursor, pattern: RegExp): string {
  let name = '';
  for (let char = cursor.peek(); isOrdinary(char) && pattern.test(char); char = cursor.peek()) name += cursor.next();
  return name;
}

/** Spares most calls the slower test: the signs that follow a name. */
function isOrdinary(char: string): boolean {
  return char !== '}' && char !== '' && char !== ' ' && char !== ':' && char !== '/';
}
