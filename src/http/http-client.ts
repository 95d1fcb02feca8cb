import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { throwIfAborted } from '../base/abort.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { type AddressPolicy, checkAddress, literalAddress } from './address-policy.ts';
import { type DispatcherPool, openDispatchers } from './dispatchers.ts';
import { explainHttpError } from './http-error.ts';
import type { ProxyChooser } from './proxy-settings.ts';
import { redirectTarget } from './redirect.ts';
import type { TlsSettings } from './tls-settings.ts';

export interface HttpClientOptions {
  readonly policy: AddressPolicy;
  readonly proxyFor: ProxyChooser;
  /** By `host:port` or `host` of the URL; the system's trust by default. */
  readonly tlsFor?: (url: URL) => TlsSettings | undefined;
  readonly userAgent: string;
  readonly limits?: Partial<HttpLimits>;
}

/** Milliseconds and counts; the defaults are for the open internet. */
export interface HttpLimits {
  readonly connectTimeoutMs: number;
  /** From the request to the end of the response's headers. */
  readonly headersTimeoutMs: number;
  /** Between two chunks of a body. */
  readonly bodyTimeoutMs: number;
  readonly maxRedirects: number;
}

const defaultHttpLimits: HttpLimits = {
  connectTimeoutMs: 15_000,
  headersTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  maxRedirects: 10,
};

export interface HttpRequest {
  readonly url: URL;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Names in lower case. `authorization` and `cookie` are sent to the URL's own origin only, whatever redirects say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A body is never sent on to a redirect. */
  readonly body?: Uint8Array | string | Readable;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; the first value where a header came several times. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every value of a header. */
  headerValues(name: string): readonly string[];
  /** Where the response came from, after redirects. */
  readonly url: URL;
  /**
   * To be read to its end or dropped with {@link HttpResponse.discard}; errors of the connection are already in the
   * user's words.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection back, reading a little or closing it. */
  discard(): Promise<void>;
}

/** HTTP for untrusted URLs: every address it connects to, after DNS and after each redirect, is checked first. */
export interface HttpClient extends AsyncDisposable {
  /** Any status is a response. Throws ADDRESS_REFUSED, HTTP_UNREACHABLE, HTTP_INVALID, TLS_FAILED, TIMEOUT, ABORTED. */
  request(request: HttpRequest): Promise<HttpResponse>;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const limits = { ...defaultHttpLimits, ...options.limits };
  let pool: Promise<DispatcherPool> | undefined;
  return {
    request: async (request) => {
      pool ??= openDispatchers(options, limits);
      return await follow(request, await pool, options, limits);
    },
    [Symbol.asyncDispose]: async () => {
      await (await pool)?.[Symbol.asyncDispose]();
    },
  };
}

async function follow(
  request: HttpRequest,
  pool: DispatcherPool,
  options: HttpClientOptions,
  limits: HttpLimits,
): Promise<HttpResponse> {
  const method = request.method ?? 'GET';
  let url = request.url;
  for (let hop = 0; ; hop++) {
    const response = await send({ ...request, url, method, headers: headersFor(url, request) }, pool, options);
    const target = redirectTarget(response, method, request.body !== undefined);
    if (target === undefined) return response;
    await response.discard();
    if (hop === limits.maxRedirects) {
      throw new FirekilnError('HTTP_INVALID', `${request.url.host} redirects more than ${limits.maxRedirects} times`, {
        details: [`the first URL: ${showUrl(request.url)}`, `the last: ${showUrl(target)}`],
      });
    }
    url = target;
  }
}

function headersFor(url: URL, request: HttpRequest): Record<string, string> {
  const headers = { ...request.headers };
  if (url.origin !== request.url.origin) {
    delete headers.authorization;
    delete headers.cookie;
  }
  return headers;
}

async function send(request: HttpRequest, pool: DispatcherPool, options: HttpClientOptions): Promise<HttpResponse> {
  const { url, method = 'GET', signal } = request;
  throwIfAborted(signal, `asking ${url.host}`);
  const literal = literalAddress(url);
  if (literal !== undefined) checkAddress(literal, url, options.policy);
  let raw: Dispatcher.ResponseData;
  try {
    raw = await pool.request(url, {
      method,
      headers: { 'user-agent': options.userAgent, 'accept-encoding': 'identity', ...request.headers },
      body: request.body ?? null,
      signal: signal ?? null,
    });
  } catch (error) {
    throw explainHttpError(error, url, signal);
  }
  const values = (name: string): readonly string[] => {
    const value = raw.headers[name];
    return value === undefined ? [] : typeof value === 'string' ? [value] : value;
  };
  return {
    status: raw.statusCode,
    headers: Object.fromEntries(Object.keys(raw.headers).map((name) => [name, values(name)[0] ?? ''])),
    headerValues: values,
    url,
    body: explained(raw.body, url, signal),
    discard: async () => {
      // A short rest is read, so that the connection can be used again; a long one isn't worth it.
      await raw.body.dump({ limit: 64 * 1024 }).catch(() => {});
    },
  };
}

async function* explained(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal | undefined) {
  try {
    yield* body;
  } catch (error) {
    throw explainHttpError(error, url, signal);
  }
}

/** A URL for messages: without user, password and query, which may hold signatures. */
export function showUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
