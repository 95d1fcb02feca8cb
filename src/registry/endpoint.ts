import type { TlsSettings } from '../http/tls-settings.ts';
import type { RegistryHostSettings, RegistrySettings } from './registry-settings.ts';

/** One server that may have the images of a registry: the registry itself or a mirror. */
export interface Endpoint {
  /** As in references and logins: `docker.io`, `mirror.example:5000`. */
  readonly host: string;
  /** Asked in order: the second only if the first has no TLS to speak (`insecure`). */
  readonly origins: readonly string[];
  /** Before the name of the repository: `/v2`, `/v2/proxy`. */
  readonly prefix: string;
  /** Of a mirror, the registry whose images it is asked for. */
  readonly mirrorOf?: string;
}

/** Where docker.io really answers. */
const realHosts: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** Where to ask for the images of a registry: its mirrors in order, then itself. */
export function endpointsOf(domain: string, settings: RegistrySettings): readonly Endpoint[] {
  const own = settings.get(domain);
  const mirrors = (own?.mirrors ?? []).map((mirror): Endpoint => {
    const slash = mirror.indexOf('/');
    const host = slash === -1 ? mirror : mirror.slice(0, slash);
    const path = slash === -1 ? '' : mirror.slice(slash).replace(/\/+$/, '');
    return { host, origins: originsOf(host, settings.get(host) ?? own), prefix: `/v2${path}`, mirrorOf: domain };
  });
  const host = realHosts[domain] ?? domain;
  return [...mirrors, { host: domain, origins: originsOf(host, own), prefix: '/v2' }];
}

/** What the configuration says of the server of a URL; undefined where it says nothing. */
export function tlsSettingsOf(settings: RegistrySettings): (url: URL) => TlsSettings | undefined {
  const byHost = new Map<string, TlsSettings>();
  const add = (host: string, { authorities, keyPairs, insecure }: RegistryHostSettings) => {
    if (authorities.length === 0 && keyPairs.length === 0 && insecure !== true) return;
    byHost.set(realHosts[host] ?? host, { authorities, keyPairs, insecure: insecure === true });
  };
  for (const [domain, own] of settings) {
    for (const mirror of own.mirrors) {
      const [host = ''] = mirror.split('/');
      if (!settings.has(host)) add(host, own);
    }
    add(domain, own);
  }
  return (url) => byHost.get(url.host) ?? byHost.get(`${url.hostname}:${url.port || '443'}`);
}

/** The hosts that the configuration names: the operator trusts them to lie in private networks. */
export function namedHosts(settings: RegistrySettings): ReadonlySet<string> {
  return new Set(
    [...settings].flatMap(([domain, { mirrors }]) => [domain, ...mirrors.map((it) => it.split('/')[0] ?? it)]),
  );
}

function originsOf(host: string, settings: RegistryHostSettings | undefined): readonly string[] {
  const plain = settings?.http ?? (isLoopback(host) && !wantsTls(settings));
  if (settings?.insecure === true) {
    return plain || settings.http === undefined ? [`https://${host}`, `http://${host}`] : [`https://${host}`];
  }
  return [`${plain ? 'http' : 'https'}://${host}`];
}

function wantsTls(settings: RegistryHostSettings | undefined): boolean {
  return settings !== undefined && settings.authorities.length + settings.keyPairs.length > 0;
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);
}
