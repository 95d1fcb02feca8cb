import { isAbsolute, join } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { readTextFile } from '../../base/read-text.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { parseToml, type TomlDocument } from './toml-document.ts';

/** A configuration larger than this is another file. */
const maxConfigBytes = 1 << 20;

/** Where a user's own configuration lies (XDG Base Directory Specification). */
export function userConfigFolder(env: NodeJS.ProcessEnv, home: string): string {
  const xdg = env.XDG_CONFIG_HOME;
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.config'), 'firekiln');
}

/** Undefined if there is no such file. Throws CONFIG_INVALID, PERMISSION. */
export async function readTomlFile(path: string): Promise<TomlDocument | undefined> {
  let text: string;
  try {
    const refuse = (why: string) => new FirekilnError('CONFIG_INVALID', `${path} ${why}`);
    text = await readTextFile(path, { shown: path, maxBytes: maxConfigBytes, mayBePipe: true, refuse });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw explainSystemError(error, 'reading', path);
  }
  return await parseToml(text, path);
}
