import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { explainSystemError, systemCode } from '../base/system-error.ts';
import { type AuthFile, findLogin, parseAuthFile } from './auth-file.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { CredentialSource, Credentials } from './credentials.ts';

/**
 * The logins of docker and podman: DOCKER_AUTH_CONFIG (the JSON itself), `config.json` in DOCKER_CONFIG or ~/.docker,
 * REGISTRY_AUTH_FILE, and podman's auth.json. The first place that knows the host counts. Files are read once, helpers
 * asked once for a host.
 */
export function loginFiles(env: NodeJS.ProcessEnv, home: string = homedir()): CredentialSource {
  let files: Promise<readonly AuthFile[]> | undefined;
  const answers = new Map<string, Promise<Credentials | undefined>>();
  const search = async (host: string, path: string, signal: AbortSignal | undefined) => {
    files ??= readFiles(env, home);
    for (const file of await files) {
      const found = await findInFile(file, host, path, env, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    find: (host, path, signal) => {
      const key = `${host}/${path}`;
      const answer = answers.get(key) ?? search(host, path, signal);
      answers.set(key, answer);
      // What failed (an abort, a locked keyring) may be asked again.
      answer.catch(() => answers.delete(key));
      return answer;
    },
  };
}

async function findInFile(
  file: AuthFile,
  host: string,
  path: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const helper = file.helpers.get(host) ?? file.defaultHelper;
  if (helper !== undefined) {
    const server = host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
    const found = await askCredentialHelper(helper, server, env, signal);
    if (found !== undefined) return found;
  }
  return findLogin(file, host, path);
}

async function readFiles(env: NodeJS.ProcessEnv, home: string): Promise<readonly AuthFile[]> {
  const files: AuthFile[] = [];
  if (env.DOCKER_AUTH_CONFIG) files.push(parseAuthFile(env.DOCKER_AUTH_CONFIG, 'DOCKER_AUTH_CONFIG'));
  const places = [
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json') : undefined,
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
  ];
  for (const path of places) {
    if (!path) continue;
    try {
      files.push(parseAuthFile(await readFile(path, 'utf8'), path));
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw explainSystemError(error, 'reading', path);
    }
  }
  return files;
}
