import { trimSpace } from '../../base/white-space.ts';
import { cleanPath } from './clean-path.ts';
import { patternError } from './pattern-error.ts';

/** As in BuildKit, whose reader stops at such a line. */
const maxLineBytes = 65_535;

/**
 * The patterns of a `.dockerignore`, by the rules of moby/patternmatcher/ignorefile: a `#` at the very start of a line
 * makes it a comment, white space around is dropped, paths are cleaned and lose a leading slash.
 */
export function readIgnoreFile(text: string): string[] {
  return text
    .replace(/^\ufeff/, '')
    .split('\n')
    .flatMap(readLine);
}

function readLine(line: string): string[] {
  if (line.length * 3 > maxLineBytes && Buffer.byteLength(line) > maxLineBytes) {
    throw patternError(line, `its line is longer than ${maxLineBytes} bytes`);
  }
  if (line.startsWith('#')) return [];
  const trimmed = trimSpace(line);
  if (trimmed === '') return [];
  if (!trimmed.startsWith('!')) return [cleaned(trimmed)];
  const rest = trimSpace(trimmed.slice(1));
  return [`!${rest === '' ? '' : cleaned(rest)}`];
}

function cleaned(pattern: string): string {
  const path = cleanPath(pattern);
  return path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
}

/** The ignore files that may belong to a Dockerfile, the one that counts first; the second lies in the context's root. */
export function ignoreFileNames(dockerfile: string): readonly [besideDockerfile: string, inContext: string] {
  return [`${dockerfile}.dockerignore`, '.dockerignore'];
}
