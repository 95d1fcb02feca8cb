import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { TomlDocument } from './toml-document.ts';
import { readTomlFile, userConfigFolder } from './toml-file.ts';

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
  const places = name.includes('/')
    ? [resolve(name)]
    : [userConfigFolder(env, home), systemFolder].map((folder) => join(folder, 'profiles', `${name}.toml`));
  for (const path of places) {
    const document = await readTomlFile(path);
    if (document !== undefined) return document;
  }
  throw new FirekilnError('CONFIG_INVALID', `there is no profile ${name}`, {
    hint: `Looked for ${places.join(', ')}.`,
  });
}
