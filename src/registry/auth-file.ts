import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { Credentials } from './credentials.ts';

/** What `~/.docker/config.json` and podman's `auth.json` say of registries. */
export interface AuthFile {
  /** For messages. */
  readonly path: string;
  /** By host, or by host and a leading part of the path. */
  readonly logins: ReadonlyMap<string, Credentials>;
  /** By host: the name after `docker-credential-`. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for all hosts. */
  readonly defaultHelper: string | undefined;
}

const dockerHubNames = ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];

/** Throws CREDENTIALS_INVALID without showing any of the content. */
export function parseAuthFile(text: string, path: string): AuthFile {
  const fail = (what: string) =>
    new FirekilnError('CREDENTIALS_INVALID', `${path}: ${what}`, {
      hint: 'Log in again with docker, podman or skopeo, which write this file.',
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the cause: its message quotes the text.
    throw fail('not JSON');
  }
  const logins = new Map<string, Credentials>();
  for (const [key, value] of members(member(json, 'auths'))) {
    let credentials: Credentials | undefined;
    try {
      credentials = readLogin(value);
    } catch {
      throw fail(`the entry of ${JSON.stringify(key)} is damaged`);
    }
    if (credentials !== undefined) logins.set(normalKey(key), credentials);
  }
  const helpers = new Map<string, string>();
  for (const [key, value] of members(member(json, 'credHelpers'))) {
    if (typeof value === 'string' && value !== '') helpers.set(normalKey(key), value);
  }
  const store = member(json, 'credsStore');
  return { path, logins, helpers, defaultHelper: typeof store === 'string' && store !== '' ? store : undefined };
}

/** The login for a repository: the one of the longest leading part of `host/path`. */
export function findLogin(file: AuthFile, host: string, path: string): Credentials | undefined {
  let key = `${host}/${path}`;
  for (;;) {
    const found = file.logins.get(key);
    if (found !== undefined) return found;
    const slash = key.lastIndexOf('/');
    if (slash === -1) return undefined;
    key = key.slice(0, slash);
  }
}

/** Docker writes URLs (`https://index.docker.io/v1/`, `https://host/v2/`), podman hosts and paths. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const [first = '', ...rest] = bare.split('/');
  const host = dockerHubNames.includes(first) ? 'docker.io' : first;
  const isApiVersion = rest.length === 1 && /^v[12]$/.test(rest[0] ?? '');
  const wasUrl = bare !== key.replace(/\/+$/, '');
  return isApiVersion || wasUrl || rest.length === 0 ? host : [host, ...rest].join('/');
}

function readLogin(value: unknown): Credentials | undefined {
  const text = (name: string) => {
    const found = member(value, name);
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const accessToken = text('registrytoken');
  if (accessToken !== undefined) return { type: 'access-token', token: accessToken };
  const identityToken = text('identitytoken');
  if (identityToken !== undefined) return { type: 'identity-token', token: identityToken };
  const auth = text('auth');
  if (auth !== undefined) {
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon === -1) throw new Error('no colon');
    return passwordLogin(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ''));
  }
  const username = text('username');
  return username === undefined ? undefined : passwordLogin(username, text('password') ?? '');
}

/** Docker marks an identity token by the user name `<token>`. */
export function passwordLogin(username: string, password: string): Credentials {
  if (username === '<token>') return { type: 'identity-token', token: password };
  return { type: 'password', username, password };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function members(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
