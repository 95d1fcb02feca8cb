import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { readTextFile } from '../base/read-text.ts';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { maxDockerfileBytes } from '../frontend/limits.ts';

/** An ignore file of the host; undefined if there is none. Throws CONTEXT_MISSING for what is no file, such as a pipe. */
export async function readIgnoreText(path: string, signal: AbortSignal): Promise<string | undefined> {
  const refuse = (why: string) =>
    new FirekilnError('CONTEXT_MISSING', `the ignore file ${path} ${why}`, {
      hint: 'It has to be a file of patterns, one a line. Remove it, or give it another name.',
    });
  try {
    return await readTextFile(path, { shown: path, maxBytes: maxDockerfileBytes, refuse, signal });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw explainSystemError(error, 'reading', path);
  }
}
