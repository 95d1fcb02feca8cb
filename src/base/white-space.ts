/** White space as Go's unicode.IsSpace has it, which is what BuildKit splits and trims by (it lacks U+FEFF of `\s`). */
export function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The first index from `start` on, below `end`, that is not white space; `end` if there is none. */
export function skipSpace(text: string, start: number, end: number = text.length): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The index after the last character before `end` that is not white space; `start` if there is none. */
export function skipSpaceBack(text: string, start: number, end: number = text.length): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

export function trimSpace(text: string): string {
  const start = skipSpace(text, 0);
  return text.slice(start, skipSpaceBack(text, start));
}

/** What separates a keyword from its arguments, and the words of most instructions from each other: ASCII only. */
const separators = /[\t\v\f\r ]*/y;
const noSeparators = /[^\t\v\f\r ]*/y;

/** The first index from `start` on, below `end`, that is no separator; `end` if there is none. */
export function skipSeparators(text: string, start: number, end: number): number {
  return endOfRun(separators, text, start, end);
}

/** The first index from `start` on, below `end`, that is a separator; `end` if there is none. */
export function findSeparator(text: string, start: number, end: number): number {
  return endOfRun(noSeparators, text, start, end);
}

/** `run` is sticky and matches the empty text too. */
function endOfRun(run: RegExp, text: string, start: number, end: number): number {
  run.lastIndex = start;
  run.test(text);
  return Math.min(run.lastIndex, end);
}
