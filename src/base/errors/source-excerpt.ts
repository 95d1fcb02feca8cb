/** A stretch of a text; lines and columns count from 1, `end` is the last line or column that belongs to it. */
export interface SourceRange {
  readonly startLine: number;
  readonly endLine: number;
  /** In UTF-16 code units of the line; absent where only the lines are known. */
  readonly startColumn?: number;
  readonly endColumn?: number;
}

/** A place in a text of the user, with the text, so that it can be shown. */
export interface SourceExcerpt {
  /** As the user named it: a path, a URL, or `-`. */
  readonly file: string;
  /** The whole text. */
  readonly text: string;
  readonly ranges: readonly SourceRange[];
  /** The very words at fault, where they are known more closely than the ranges say. */
  readonly focus?: SourceRange | undefined;
}

/**
 * `file:line:column`: the first line that is blamed, and the column of the focus if it is on that line, else that of the
 * range, else where the line's text starts. Without a text, and without a column, `file:line`.
 */
export function formatPlace(source: SourceExcerpt): string {
  const first = source.ranges[0];
  if (first === undefined) return source.file;
  const focus = source.focus?.startLine === first.startLine ? source.focus : undefined;
  const column = focus?.startColumn ?? first.startColumn ?? columnOfText(source.text, first.startLine);
  return `${source.file}:${first.startLine}${column === undefined ? '' : `:${column}`}`;
}

function columnOfText(text: string, line: number): number | undefined {
  if (text === '') return undefined;
  const column = text.split('\n', line)[line - 1]?.search(/\S/) ?? -1;
  return column === -1 ? 1 : column + 1;
}
