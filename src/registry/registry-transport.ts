import { delay } from '../base/abort.ts';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/http-client.ts';
import { isTransient } from '../http/http-error.ts';
import { type AccessRequest, Authorizer } from './authorizer.ts';
import type { CredentialSource } from './credentials.ts';
import { readRegistryError, transientStatuses } from './registry-error.ts';
import { defaultRetryPolicy, pauseAfter, type RetryPolicy, readRetryAfter } from './retry-policy.ts';

export interface RegistryRequest extends AccessRequest {
  /** For messages, such as `pulling docker.io/library/debian:bookworm`. */
  readonly doing: string;
  readonly method?: HttpRequest['method'];
  /** Below the repository, with its query: `manifests/latest`. Or a URL that the registry itself has named. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  /** Statuses that are an answer; any other throws. */
  readonly expect: readonly number[];
}

export interface RegistryTransportOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Told before each pause. */
  readonly onRetry?: ((host: string, reason: string, pauseMs: number) => void) | undefined;
}

/** Requests to registries, with logins, repeats after passing failures, and the registry's words in the errors. */
export class RegistryTransport {
  readonly #http: HttpClient;
  readonly #credentials: CredentialSource;
  readonly #authorizer: Authorizer;
  readonly #retry: RetryPolicy;
  readonly #onRetry: RegistryTransportOptions['onRetry'];
  /** By host, the origin that has answered. */
  readonly #origins = new Map<string, string>();

  constructor(options: RegistryTransportOptions) {
    this.#http = options.http;
    this.#credentials = options.credentials;
    this.#authorizer = new Authorizer(options.http, options.credentials);
    this.#retry = { ...defaultRetryPolicy, ...options.retry };
    this.#onRetry = options.onRetry;
  }

  get retryPolicy(): RetryPolicy {
    return this.#retry;
  }

  /** Throws REGISTRY_DENIED, REGISTRY_RATE_LIMITED, REGISTRY_FAILED, and what {@link HttpClient} throws. */
  async request(request: RegistryRequest): Promise<HttpResponse> {
    const canRepeat =
      request.body === undefined || typeof request.body === 'string' || request.body instanceof Uint8Array;
    const attempts = canRepeat ? this.#retry.attempts : 1;
    for (let attempt = 1; ; attempt++) {
      let reason: string;
      let pause = pauseAfter(attempt, this.#retry);
      try {
        const response = await this.#once(request);
        if (request.expect.includes(response.status)) return response;
        const retryAfter = readRetryAfter(response.headers['retry-after']);
        const isPatient = retryAfter === undefined || retryAfter <= this.#retry.longestRetryAfterMs;
        if (!transientStatuses.includes(response.status) || attempt >= attempts || !isPatient) {
          throw await this.#explain(response, request);
        }
        await response.discard();
        reason = `it answered ${response.status}`;
        pause = retryAfter ?? pause;
      } catch (error) {
        if (!isTransient(error) || attempt >= attempts || !(error instanceof Error)) throw error;
        reason = error.message;
      }
      await this.pause(request.endpoint.host, reason, pause, request.signal);
    }
  }

  /** Waits before something is tried again, and says so. */
  async pause(host: string, reason: string, pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.#onRetry?.(host, reason, pauseMs);
    await delay(pauseMs, signal);
  }

  async #once(request: RegistryRequest): Promise<HttpResponse> {
    if (request.target instanceof URL) return await this.#authorized(request.target, request);
    const { host, origins, prefix } = request.endpoint;
    const known = this.#origins.get(host);
    let failure: unknown;
    for (const origin of known === undefined ? origins : [known]) {
      try {
        const url = new URL(`${origin}${prefix}/${request.path}/${request.target}`);
        if (request.endpoint.mirrorOf !== undefined) url.searchParams.set('ns', request.endpoint.mirrorOf);
        const response = await this.#authorized(url, request);
        this.#origins.set(host, origin);
        return response;
      } catch (error) {
        if (!isFirekilnError(error, 'TLS_FAILED') && !isFirekilnError(error, 'HTTP_UNREACHABLE')) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }

  async #authorized(url: URL, request: RegistryRequest): Promise<HttpResponse> {
    const { method, body, signal } = request;
    for (let round = 1; ; round++) {
      const authorization = await this.#authorizer.header(url.origin, request);
      const response = await this.#http.request({
        url,
        signal,
        headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(method === undefined ? {} : { method }),
        ...(body === undefined ? {} : { body }),
      });
      // A 401 from elsewhere (after a redirect) is not the registry's, and no login is for it.
      const isChallenge = response.status === 401 && response.url.origin === url.origin;
      if (!isChallenge || round === 2 || !this.#authorizer.learn(url.origin, request, response)) return response;
      await response.discard();
    }
  }

  async #explain(response: HttpResponse, { endpoint, path, doing, signal }: RegistryRequest) {
    const login = await this.#credentials.find(endpoint.host, path, signal);
    return await readRegistryError(response, { doing, credentials: login !== undefined });
  }
}
