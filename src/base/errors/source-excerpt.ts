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
}

/** `file:line` or `file:line:column` of the first range. */
export function formatPlace(source: SourceExcerpt): string {
  const first = source.ranges[0];
  if (first === undefined) return source.file;
  const column = first.startColumn === undefined ? '' : `:${first.startColumn}`;
  return `${source.file}:${first.startLine}${column}`;
}
