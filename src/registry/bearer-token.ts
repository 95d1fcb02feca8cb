import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { type HttpClient, type HttpRequest, showUrl } from '../http/http-client.ts';
import { readBody } from '../http/read-body.ts';
import type { AuthChallenge } from './auth-challenge.ts';
import type { Credentials } from './credentials.ts';
import { readRegistryError } from './registry-error.ts';

export interface BearerToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a server that says nothing of it grants (distribution spec, token authentication). */
const defaultLifeSeconds = 60;
const maxLifeSeconds = 24 * 3600;
const maxAnswerBytes = 1 << 20;
const maxTokenLength = 64 << 10;

/**
 * Fetches an access token from the server that a bearer challenge names: a GET with Basic for a password or for
 * nobody, the OAuth2 POST for an identity token. Throws REGISTRY_DENIED or REGISTRY_FAILED.
 */
export async function fetchToken(options: {
  readonly http: HttpClient;
  /** The registry that challenged. */
  readonly registry: URL;
  readonly challenge: AuthChallenge;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<BearerToken> {
  const { http, registry, challenge, credentials, signal } = options;
  const realm = readRealm(challenge, registry);
  const { service } = challenge.parameters;
  const request: HttpRequest =
    credentials?.type === 'identity-token'
      ? refreshRequest(realm, service, options.scopes, credentials.token)
      : plainRequest(realm, service, options.scopes, credentials);
  const response = await http.request({ ...request, signal });
  if (response.status !== 200) {
    throw await readRegistryError(response, {
      doing: `asking ${realm.host} for a token for ${registry.host}`,
      credentials: credentials !== undefined,
    });
  }
  const bytes = await readBody(response.body, maxAnswerBytes, `token of ${realm.host}`);
  return readToken(bytes, realm);
}

function readRealm(challenge: AuthChallenge, registry: URL): URL {
  const { realm = '' } = challenge.parameters;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new FirekilnError('REGISTRY_FAILED', `${registry.host} names no server for its tokens`);
  }
  if (url.protocol === 'http:' && registry.protocol === 'https:') {
    throw new FirekilnError('REGISTRY_FAILED', `${registry.host} wants logins sent over plain HTTP, to ${url.host}`);
  }
  url.username = '';
  url.password = '';
  return url;
}

function plainRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): HttpRequest {
  const url = new URL(realm.href);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials?.type !== 'password') return { url };
  url.searchParams.set('account', credentials.username);
  return { url, headers: { authorization: basicHeader(credentials) } };
}

function refreshRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  token: string,
): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'firekiln', refresh_token: token });
  if (service !== undefined) form.set('service', service);
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  return {
    url: realm,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

export function basicHeader({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function readToken(bytes: Uint8Array, realm: URL): BearerToken {
  const fail = () => new FirekilnError('REGISTRY_FAILED', `${showUrl(realm)} answered with something that is no token`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw fail();
  }
  if (typeof json !== 'object' || json === null) throw fail();
  const fields = json as Readonly<Record<string, unknown>>;
  const token = fields.token || fields.access_token;
  if (typeof token !== 'string' || token.length > maxTokenLength || !/^[\x21-\x7e]+$/.test(token)) throw fail();
  const life = fields.expires_in;
  const seconds = typeof life === 'number' && life > 0 ? Math.min(life, maxLifeSeconds) : defaultLifeSeconds;
  return { token, expiresAt: Date.now() + seconds * 1000 };
}
