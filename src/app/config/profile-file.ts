import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { explainSystemError, systemCode } from '../../base/system-error.ts';
import { parseToml, type TomlDocument } from './toml-document.ts';

/**
 * Finds and reads a profile: `profiles/NAME.toml` in the user's folder of configuration, else in /etc/firekiln; a name
 * with a slash is a path. Throws CONFIG_INVALID.
 */
export async function readProfile(
  name: string,
  {
    env,
    home = homedir(),
    systemFolder = '/etc/firekiln',
  }: { readonly env: NodeJS.ProcessEnv; readonly home?: string; readonly systemFolder?: string },
): Promise<TomlDocument> {
  const xdg = env.XDG_CONFIG_HOME;
  const userFolder = join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.config'), 'firekiln');
  const places = name.includes('/')
    ? [resolve(name)]
    : [userFolder, systemFolder].map((folder) => join(folder, 'profiles', `${name}.toml`));
  for (const path of places) {
    try {
      return await parseToml(await readFile(path, 'utf8'), path);
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
        throw explainSystemError(error, 'reading the profile', path);
      }
    }
  }
  throw new FirekilnError('CONFIG_INVALID', `there is no profile ${name}`, {
    hint: `Looked for ${places.join(', ')}.`,
  });
}
