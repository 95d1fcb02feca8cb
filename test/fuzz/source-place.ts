import type { FirekilnError } from '../../src/base/errors/firekiln-error.ts';
import type { SourceRange } from '../../src/base/errors/source-excerpt.ts';

/** Throws a finding unless the error says where in the file something is wrong. */
export function expectPlace(error: FirekilnError, file: string): void {
  const { source } = error;
  if (source === undefined || source.ranges.length === 0) fail(error, 'no place');
  if (source.file !== file) fail(error, `a place in ${source.file}`);
  const lines = source.text.split('\n');
  for (const range of source.ranges) if (!isWithin(range, lines)) fail(error, JSON.stringify(range));
  if (source.focus !== undefined && !isWithin(source.focus, lines))
    fail(error, `focus ${JSON.stringify(source.focus)}`);
}

/** An empty range ends before it starts; a place may be the line end. */
export function isWithin(range: SourceRange, lines: readonly string[]): boolean {
  const { startLine, endLine, startColumn = 1, endColumn = 1 } = range;
  const fits = (line: number, column: number, least: number) =>
    column >= least && column <= (lines[line - 1]?.length ?? -1) + 1;
  return startLine <= endLine && fits(startLine, startColumn, 1) && fits(endLine, endColumn, 0);
}

function fail({ code, message, stack }: FirekilnError, why: string): never {
  // The stack of the error itself tells findings apart.
  throw new Error(`${code} has ${why}: ${message}\n${stack}`);
}
