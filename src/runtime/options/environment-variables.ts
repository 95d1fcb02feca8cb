import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { readTextFile } from '../../base/read-text.ts';
import { explainSystemError } from '../../base/system-error.ts';

/**
 * Values of `-e`: `NAME=value`, or `NAME` for the value that the variable has on the host, which is left out if it has
 * none there. Throws USAGE.
 */
export function readVariable(text: string, hostEnv: NodeJS.ProcessEnv): string | undefined {
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (name === '' || text.includes('\0')) {
    throw new FirekilnError('USAGE', `-e ${JSON.stringify(text)}: not of the form NAME=value or NAME`);
  }
  if (equals !== -1) return text;
  const value = hostEnv[name];
  return value === undefined ? undefined : `${name}=${value}`;
}

/** Larger than any environment that execve(2) takes. */
const maxFileBytes = 4 << 20;

/** The variables of an `--env-file`. Throws USAGE. */
export async function readVariableFile(path: string, hostEnv: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const refuse = (why: string, hint?: string) => new FirekilnError('USAGE', `--env-file ${path} ${why}`, { hint });
  try {
    const text = await readTextFile(path, { shown: path, maxBytes: maxFileBytes, mayBePipe: true, refuse });
    return variablesOfFile(text, path, hostEnv);
  } catch (error) {
    if (error instanceof FirekilnError) throw error;
    throw new FirekilnError('USAGE', `--env-file ${path} can not be read`, {
      cause: explainSystemError(error, 'reading', path),
    });
  }
}

/** The lines of a file for `--env-file`, as docker reads it: no quotes, `#` lines are comments. Throws USAGE. */
export function variablesOfFile(text: string, path: string, hostEnv: NodeJS.ProcessEnv): readonly string[] {
  const found: string[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const name = line.split('=', 1)[0] ?? '';
    if (name === '' || /\s/.test(name)) {
      throw new FirekilnError('USAGE', `${path}:${index + 1}: ${JSON.stringify(name)} is no name of a variable`);
    }
    const variable = readVariable(line, hostEnv);
    if (variable !== undefined) found.push(variable);
  }
  return found;
}

/** Lists of `NAME=value` laid over each other; the last value of a name counts, at the place of the first. */
export function mergeVariables(...lists: readonly (readonly string[])[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const variable of lists.flat()) merged.set(variable.split('=', 1)[0] ?? '', variable);
  return [...merged.values()];
}
