import { styleText } from 'node:util';
import { type FirekilnError, isFirekilnError } from '../base/errors/firekiln-error.ts';
import { printNotice } from './output.ts';
import { printable } from './printable.ts';
import { drawExcerpt } from './source-excerpt.ts';

/** Prints the error that ended a command and returns the exit status that stands for it (docs/exit-status.md). */
export function reportFatal(thrown: unknown): number {
  // What failed on the way out is the lesser news.
  let error = thrown;
  while (error instanceof SuppressedError) error = error.suppressed;
  if (!isFirekilnError(error)) {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    printNotice(`firekiln: internal error, please report it: ${shown}`);
    return 70;
  }
  const paint = (mark: string): string => styleText('red', mark, { stream: process.stderr });
  for (const line of describeError(error, paint)) printNotice(line);
  return error.exitCode ?? (error.code === 'USAGE' ? 2 : 1);
}

/** The lines in which an error is shown to a person. */
export function describeError(error: FirekilnError, paint: (mark: string) => string = String): string[] {
  const lines = [`error[${error.code}]: ${shortened(printable(error.message))}`];
  if (error.source !== undefined) lines.push(...drawExcerpt(error.source, { paint }));
  // What a step wrote, and names of files, come from outside.
  for (const line of error.details ?? []) lines.push(`  | ${printable(line)}`);
  if (error.hint !== undefined) lines.push(`hint: ${shortened(printable(error.hint))}`);
  return lines;
}

/** Characters of a message: what it quotes may be as long as a line of a Dockerfile. */
const maxShown = 2000;

function shortened(text: string): string {
  return text.length <= maxShown ? text : `${text.slice(0, maxShown / 2)} … ${text.slice(-maxShown / 2)}`;
}
