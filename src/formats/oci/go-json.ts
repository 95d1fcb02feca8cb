/**
 * JSON as Go's encoding/json writes it, so that what we write has the digest that BuildKit's would have: characters
 * that mean something to HTML, and the two line separators, are escaped. Members keep their order; give none that is
 * undefined.
 *
 * @param indent Spaces of json.MarshalIndent; none by default.
 */
export function goJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A time in RFC 3339 as Go writes it: no zeros at the end of the fraction, `Z` for UTC. */
export function goTime(text: string): string {
  return text
    .replace(/(\.\d*?)0+(?=[Z+-])/, '$1')
    .replace(/\.(?=[Z+-])/, '')
    .replace(/[+-]00:00$/, 'Z');
}
