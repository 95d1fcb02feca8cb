import type { EscapeCharacter } from './tree.ts';

/**
 * Where a line goes on in the next one: the index of the escape character that ends it, blanks after it allowed.
 * Undefined for a line that ends here. An escape character that is itself escaped does not continue the line.
 */
export function continuationAt(line: string, escapeSign: EscapeCharacter): number | undefined {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  const at = end - 1;
  if (at < 0 || line[at] !== escapeSign) return undefined;
  return at > 0 && line[at - 1] === escapeSign ? undefined : at;
}
