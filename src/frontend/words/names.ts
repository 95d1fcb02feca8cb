import type { Cursor } from './cursor.ts';

const digit = /^\p{Nd}$/u;
const nameCharacter = /^[\p{L}\p{Nd}_]$/u;
const specialParameters = '@*#?-$!0';

/** The name of a variable: a number, one of the shell's special parameters, or letters, digits and `_`. May be empty. */
export function takeName(cursor: Cursor): string {
  const first = cursor.peek();
  if (digit.test(first)) return takeWhile(cursor, digit);
  if (first !== '' && specialParameters.includes(first)) return cursor.next();
  return takeWhile(cursor, nameCharacter);
}

function takeWhile(cursor: Cursor, pattern: RegExp): string {
  let name = '';
  while (pattern.test(cursor.peek())) name += cursor.next();
  return name;
}
