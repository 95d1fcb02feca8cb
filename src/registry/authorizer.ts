import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { HttpClient, HttpResponse } from '../http/http-client.ts';
import { type AuthChallenge, parseChallenges } from './auth-challenge.ts';
import { type BearerToken, basicHeader, fetchToken } from './bearer-token.ts';
import type { CredentialSource } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';

/** What is to be done where: `repository:NAME:pull`. */
export interface AccessRequest {
  readonly endpoint: Endpoint;
  /** Of the repository. */
  readonly path: string;
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** A token that ends this soon is not used any more. */
const renewBeforeMs = 5_000;

/** Answers the challenges of registries; keeps what they gave, so that a pull asks for a token once. */
export class Authorizer {
  readonly #http: HttpClient;
  readonly #credentials: CredentialSource;
  /** The last challenge of each origin: the next repository of it needs no 401 of its own. */
  readonly #challenges = new Map<string, AuthChallenge>();
  readonly #tokens = new Map<string, Promise<BearerToken>>();

  constructor(http: HttpClient, credentials: CredentialSource) {
    this.#http = http;
    this.#credentials = credentials;
  }

  /** The Authorization header for a request, as far as the registry has asked for one yet. */
  async header(origin: string, access: AccessRequest): Promise<string | undefined> {
    const challenge = this.#challenges.get(origin);
    if (challenge === undefined) return undefined;
    const { endpoint, path, signal } = access;
    const credentials = await this.#credentials.find(endpoint.host, path, signal);
    if (challenge.scheme === 'basic') {
      if (credentials?.type === 'password') return basicHeader(credentials);
      throw new FirekilnError('REGISTRY_DENIED', `${endpoint.host} wants a login for ${path}, and there is none`, {
        hint: `Log in with docker, podman or skopeo: docker login ${endpoint.host}`,
      });
    }
    if (credentials?.type === 'access-token') return `Bearer ${credentials.token}`;
    const key = this.#tokenKey(origin, access);
    for (;;) {
      const shared = this.#tokens.get(key);
      if (shared === undefined) break;
      const known = await shared.catch(() => undefined);
      if (known !== undefined && known.expiresAt - renewBeforeMs > Date.now()) return `Bearer ${known.token}`;
      // Somebody else who waited may have put a new one there already.
      if (this.#tokens.get(key) === shared) this.#tokens.delete(key);
    }
    const pending = fetchToken({
      http: this.#http,
      registry: new URL(origin),
      challenge,
      scopes: mergeScopes(access.scopes, challenge.parameters.scope),
      credentials,
      signal,
    });
    this.#tokens.set(key, pending);
    return `Bearer ${(await pending).token}`;
  }

  /** Learns from a 401; false if it says nothing that we could answer. The token that led to it is forgotten. */
  learn(origin: string, access: AccessRequest, response: HttpResponse): boolean {
    this.#tokens.delete(this.#tokenKey(origin, access));
    const challenges = response.headerValues('www-authenticate').flatMap(parseChallenges);
    const best = challenges.find((it) => it.scheme === 'bearer') ?? challenges.find((it) => it.scheme === 'basic');
    if (best === undefined) return false;
    this.#challenges.set(origin, best);
    return true;
  }

  #tokenKey(origin: string, { path, scopes }: AccessRequest): string {
    return [origin, path, ...scopes].join(' ');
  }
}

/** Ours, and those of the challenge for other repositories or actions; the registry decides what it gives. */
function mergeScopes(own: readonly string[], challenged: string | undefined): readonly string[] {
  const more = (challenged ?? '').split(' ').filter((scope) => scope !== '' && !own.some((it) => covers(it, scope)));
  return [...own, ...more.slice(0, 8)];
}

function covers(own: string, other: string): boolean {
  const split = (scope: string) => ({
    target: scope.slice(0, scope.lastIndexOf(':')),
    actions: scope.slice(scope.lastIndexOf(':') + 1).split(','),
  });
  const [a, b] = [split(own), split(other)];
  return a.target === b.target && b.actions.every((action) => a.actions.includes(action));
}
