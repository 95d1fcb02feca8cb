/** Lower case by simple mappings, one code point to one, as Go's strings.ToLower does it. */
export function toLower(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text.toLowerCase() : mapCodePoints(text, lowerOne);
}

/** Upper case by simple mappings, as Go's strings.ToUpper does it. */
export function toUpper(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text.toUpperCase() : mapCodePoints(text, upperOne);
}

function mapCodePoints(text: string, map: (char: string) => string): string {
  let result = '';
  for (const char of text) result += map(char);
  return result;
}

function lowerOne(char: string): string {
  return char === '\u0130' ? 'i' : char.toLowerCase();
}

function upperOne(char: string): string {
  const upper = char.toUpperCase();
  // Full mappings such as that of U+00DF give several characters; the simple ones leave the character as it is.
  return Array.from(upper).length === 1 ? upper : char;
}
