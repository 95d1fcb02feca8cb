import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { type AddressPolicy, checkAddress } from './address-policy.ts';
import type { HttpClientOptions, HttpLimits } from './http-client.ts';
import { secureContext, type TlsSettings } from './tls-settings.ts';

type RequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path'>;

/** Connections by proxy and trust settings, kept open between requests. */
export interface DispatcherPool extends AsyncDisposable {
  request(url: URL, options: RequestOptions): Promise<Dispatcher.ResponseData>;
}

const noSettings: TlsSettings = {};

export async function openDispatchers(options: HttpClientOptions, limits: HttpLimits): Promise<DispatcherPool> {
  // Loaded when first needed: its start takes longer than a whole cached build.
  // A bundled CommonJS module has nothing but its default export.
  const { default: undici } = await import('undici');
  const timeouts = { headersTimeout: limits.headersTimeoutMs, bodyTimeout: limits.bodyTimeoutMs };
  const contexts = new Map<TlsSettings, ReturnType<typeof secureContext>>();
  const dispatchers = new Map<string, Dispatcher>();
  const settingIds = new Map<TlsSettings, number>();

  const tls = (settings: TlsSettings): buildConnector.BuildOptions => {
    const context = contexts.get(settings) ?? secureContext(settings);
    contexts.set(settings, context);
    return {
      allowH2: false,
      timeout: limits.connectTimeoutMs,
      secureContext: context,
      rejectUnauthorized: settings.insecure !== true,
    };
  };

  const open = (url: URL, proxy: URL | undefined, settings: TlsSettings): Dispatcher => {
    const isTls = url.protocol === 'https:';
    const connection = isTls ? tls(settings) : { allowH2: false, timeout: limits.connectTimeoutMs };
    if (proxy === undefined) {
      const connect = undici.buildConnector({ ...connection, lookup: guardedLookup(url, options.policy) });
      return new undici.Pool(url.origin, { ...timeouts, connect, connections: 16 });
    }
    const { username, password } = proxy;
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    return new undici.ProxyAgent({
      ...timeouts,
      uri: proxy.origin,
      requestTls: connection,
      ...(proxy.protocol === 'https:' ? { proxyTls: tls(options.tlsFor?.(proxy) ?? noSettings) } : {}),
      ...(username === '' ? {} : { token: `Basic ${login}` }),
    });
  };

  return {
    request: (url, request) => {
      const proxy = options.proxyFor(url);
      const settings = options.tlsFor?.(url) ?? noSettings;
      const id = settingIds.get(settings) ?? settingIds.size;
      settingIds.set(settings, id);
      const key = [url.origin, proxy?.href ?? '', id].join(' ');
      const dispatcher = dispatchers.get(key) ?? open(url, proxy, settings);
      dispatchers.set(key, dispatcher);
      return dispatcher.request({ ...request, origin: url.origin, path: url.pathname + url.search });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

/**
 * DNS for one URL, which hands on only addresses that the policy allows: what was checked is what is connected to, so
 * a name can't mean one address to the check and another to the socket.
 */
function guardedLookup(url: URL, policy: AddressPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      let refusal: unknown;
      const allowed = addresses.filter(({ address }) => {
        try {
          checkAddress(address, url, policy);
          return true;
        } catch (reason) {
          refusal ??= reason;
          return false;
        }
      });
      const [first] = allowed;
      if (first === undefined) {
        callback(asError(refusal, url), '', 0);
        return;
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function asError(refusal: unknown, url: URL): Error {
  return refusal instanceof Error ? refusal : new FirekilnError('HTTP_UNREACHABLE', `${url.hostname} has no address`);
}
