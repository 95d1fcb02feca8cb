const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

/** A text in the notation of Go's `%q`: double quotes, escapes where a character is not printable. */
export function goQuote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  let result = '"';
  for (const char of text) result += quoteOne(char);
  return `${result}"`;
}

function quoteOne(char: string): string {
  const known = short[char];
  if (known !== undefined) return known;
  if (char === ' ' || printable.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** A list in the notation of Go's `%q` of a slice: `["a" "b"]`. */
export function goQuoteList(items: readonly string[]): string {
  return `[${items.map(goQuote).join(' ')}]`;
}
