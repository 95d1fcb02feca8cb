import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { parseGitReference } from '../../formats/locator/git-reference.ts';
import { cleanPath } from '../../formats/patterns/clean-path.ts';
import type { PatternSet } from '../../formats/patterns/pattern-set.ts';
import type { AddInstruction, CopyInstruction } from '../instructions/instruction.ts';
import type { CheckerContext } from './checker-context.ts';
import type { Linter } from './linter.ts';

/**
 * Warns of sources that the ignore file leaves out. Not where it has exceptions: whether one of them takes something
 * back in below a source can't be told without looking at the files.
 */
export function checkCopySources(
  { ignored }: CheckerContext,
  linter: Linter,
  instruction: AddInstruction | CopyInstruction,
): void {
  if (ignored === undefined || ignored.hasExceptions) return;
  if (instruction.kind === 'copy' && instruction.from !== undefined) return;
  const verb = instruction.kind === 'add' ? 'Add' : 'Copy';
  for (const source of instruction.sources) {
    if (isRemote(source)) continue;
    const path = cleanPath(source);
    if (!isIgnored(ignored, path)) continue;
    linter.report(
      'CopyIgnoredFile',
      instruction.range,
      `Attempting to ${verb} file ${JSON.stringify(path)} that is excluded by .dockerignore`,
    );
  }
}

function isIgnored(ignored: PatternSet, path: string): boolean {
  const isRoot = path === '.' || path === '/';
  // The root itself is never ignored; only patterns that take everything are worth a warning.
  if (isRoot && !ignored.patterns.some(({ text }) => ['*', '**', '**/*'].includes(text))) return false;
  try {
    return ignored.matches(path);
  } catch (error) {
    if (isFirekilnError(error, 'PATTERN_INVALID')) return false;
    throw error;
  }
}

function isRemote(source: string): boolean {
  if (/^https?:\/\//.test(source)) return true;
  const reference = parseGitReference(source);
  return reference !== undefined && !reference.looksLocal;
}
