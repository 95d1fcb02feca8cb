import { createHash } from 'node:crypto';
import { readIgnoreFile } from '../../../src/formats/patterns/ignore-file.ts';
import { compilePatternSet } from '../../../src/formats/patterns/pattern-set.ts';
import type { BuildCase, CaseFile } from '../../support/build-corpus.ts';

/**
 * The digests of the files that BuildKit brings without their content: its walk of a context takes them, its opening of
 * them, which asks the ignore patterns in another way, does not.
 */
export function sentEmpty({ context, namedContexts }: BuildCase): ReadonlySet<string> {
  const contexts = [context, ...Object.values(namedContexts)].filter((it) => Array.isArray(it));
  return new Set(contexts.flatMap(emptyOf));
}

function emptyOf(files: readonly CaseFile[]): readonly string[] {
  const ignored = files.flatMap(({ path, content = '' }) =>
    path.endsWith('.dockerignore') ? [compilePatternSet(readIgnoreFile(content))] : [],
  );
  return files
    .filter(({ path }) => ignored.some((patterns) => patterns.hasExceptions && patterns.matches(path)))
    .flatMap((file) => (isFile(file) ? [digestOf(file)] : []));
}

const isFile = ({ content, base64 }: CaseFile) => content !== undefined || base64 !== undefined;

function digestOf({ content, base64 }: CaseFile): string {
  const data = base64 === undefined ? Buffer.from(content ?? '') : Buffer.from(base64, 'base64');
  return createHash('sha256').update(data).digest('hex');
}
