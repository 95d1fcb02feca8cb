import { createEmitter, type FirekilnEvent } from '../../src/base/events.ts';
import { createHttpClient } from '../../src/http/http-client.ts';
import type { Pace } from '../../src/http/minimum-pace.ts';
import { proxyFromEnvironment } from '../../src/http/proxy-settings.ts';
import { anonymous, type CredentialSource } from '../../src/registry/credentials.ts';
import { tlsSettingsOf } from '../../src/registry/endpoint.ts';
import { RegistryClient } from '../../src/registry/registry-client.ts';
import type { RegistryHostSettings, RegistrySettings } from '../../src/registry/registry-settings.ts';

export interface TestClient extends AsyncDisposable {
  readonly client: RegistryClient;
  readonly events: FirekilnEvent[];
}

/** A registry client that hardly waits. */
export function testClient(
  options: {
    readonly credentials?: CredentialSource;
    readonly settings?: Readonly<Record<string, Partial<RegistryHostSettings>>>;
    readonly pace?: Pace;
    readonly bodyTimeoutMs?: number;
  } = {},
): TestClient {
  const settings: RegistrySettings = new Map(
    Object.entries(options.settings ?? {}).map(([host, more]) => [
      host,
      { mirrors: [], authorities: [], keyPairs: [], ...more },
    ]),
  );
  const http = createHttpClient({
    policy: { allowPrivate: true, trustedHosts: new Set() },
    proxyFor: proxyFromEnvironment({}),
    tlsFor: tlsSettingsOf(settings),
    userAgent: 'firekiln-test',
    limits: { bodyTimeoutMs: options.bodyTimeoutMs ?? 5000, headersTimeoutMs: 5000 },
  });
  const events: FirekilnEvent[] = [];
  const client = new RegistryClient({
    http,
    settings,
    credentials: options.credentials ?? anonymous,
    emitter: createEmitter((event) => events.push(event), { module: 'test' }),
    retry: { firstPauseMs: 1, longestPauseMs: 5, longestRetryAfterMs: 1000 },
    ...(options.pace === undefined ? {} : { pace: options.pace }),
  });
  return { client, events, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}
