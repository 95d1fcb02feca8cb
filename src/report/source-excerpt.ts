import { formatPlace, type SourceExcerpt, type SourceRange } from '../base/errors/source-excerpt.ts';

export interface ExcerptOptions {
  /** Room for the text of a line; longer lines are cut around the words at fault. */
  readonly columns?: number;
  /** Puts colour on the marks. */
  readonly paint?: (mark: string) => string;
}

/** Lines shown before and after those that are blamed. */
const context = 2;
/** Of more lines blamed, those around the words at fault are shown. */
const maxLines = 12;
const rule = '-'.repeat(20);
/** How much of a cut line is shown before the words at fault. */
const lead = 20;

/**
 * The place and the lines of a fault, in the manner of BuildKit: file, line and column, then the lines with their
 * numbers, those that are blamed behind `>>>`, with a row of `^` under the words at fault. The text may be hostile: control
 * characters are shown as escapes.
 */
export function drawExcerpt(source: SourceExcerpt, { columns = 100, paint = String }: ExcerptOptions = {}): string[] {
  const lines = source.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const first = source.ranges[0];
  const place = visible(formatPlace(source));
  if (first === undefined || source.text === '') return [place];
  const blamed = (line: number): boolean =>
    source.ranges.some((range) => line >= range.startLine && line <= range.endLine);
  const drawn: string[] = [];
  const { from, to } = windowOf(source, lines.length);
  for (let number = from; number <= to; number++) {
    const text = (lines[number - 1] ?? '').replace(/\r$/, '');
    const marked = markedPart(source.focus, number, text.length);
    const shown = cutLine(text, marked, columns);
    drawn.push(`${String(number).padStart(4)} | ${blamed(number) ? paint('>>>') : '   '} ${shown.text}`.trimEnd());
    if (shown.marks !== '') drawn.push(`     |     ${paint(shown.marks)}`);
  }
  return [place, rule, ...drawn, rule];
}

/** The lines to show, from 1. */
function windowOf(source: SourceExcerpt, count: number): { from: number; to: number } {
  const start = Math.min(...source.ranges.map((range) => range.startLine), source.focus?.startLine ?? Infinity);
  const end = Math.max(...source.ranges.map((range) => range.endLine), source.focus?.endLine ?? 0);
  let from = Math.max(1, start - context);
  let to = Math.min(count, end + context);
  if (to - from >= maxLines) {
    const middle = source.focus?.startLine ?? start;
    from = Math.max(from, Math.min(middle - context, to - maxLines + 1));
    to = Math.min(to, from + maxLines - 1);
  }
  return { from, to };
}

/** Units of the text of a line; `end` is behind the last one. */
interface Part {
  readonly start: number;
  readonly end: number;
}

function markedPart(focus: SourceRange | undefined, line: number, length: number): Part | undefined {
  if (focus?.startColumn === undefined || line < focus.startLine || line > focus.endLine) return undefined;
  const start = line === focus.startLine ? focus.startColumn - 1 : 0;
  const end = line === focus.endLine ? (focus.endColumn ?? length) : length;
  return { start, end: Math.max(end, start + 1) };
}

function cutLine(text: string, marked: Part | undefined, columns: number): { text: string; marks: string } {
  const start = text.length <= columns ? 0 : Math.max(0, Math.min((marked?.start ?? 0) - lead, text.length - columns));
  const end = Math.min(text.length, start + columns);
  const before = start > 0 ? '…' : '';
  const shown = before + visible(text.slice(start, end)) + (end < text.length ? '…' : '');
  if (marked === undefined || marked.start > end) return { text: shown, marks: '' };
  const indent = before.length + visible(text.slice(start, Math.max(start, marked.start))).length;
  const width = visible(text.slice(Math.max(start, marked.start), Math.min(end, marked.end))).length;
  return { text: shown, marks: ' '.repeat(indent) + '^'.repeat(Math.max(1, width)) };
}

// C0, DEL, C1, line separators and the marks that turn the direction of text.
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Nothing is dropped: what an error shows is what the file holds. */
function visible(text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replace(controls, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
