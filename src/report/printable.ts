import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

// C0 without tab and newline, DEL, C1, line separators and the marks that turn the direction of text.
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from outside, safe to put on a terminal in one line: escape sequences are dropped, other control characters and
 * text-direction marks are shown as `\xNN`, tabs become blanks, and what a carriage return overwrote is dropped as a
 * terminal would.
 */
export function printable(text: string): string {
  const visible = stripVTControlCharacters(text).replace(/\r+$/, '');
  const afterReturn = visible.slice(visible.lastIndexOf('\r') + 1);
  return afterReturn
    .replaceAll('\t', '    ')
    .replace(controls, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The text cut to `columns`, with `…` in place of what is left out. */
export function fitWidth(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = displayWidth(segment);
    if (width + next > columns - 1) break;
    width += next;
    kept += segment;
  }
  return `${kept}…`;
}
