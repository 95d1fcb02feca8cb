import { BlockList, isIP } from 'node:net';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { literalAddress } from './address-policy.ts';

/** Which proxy a URL is fetched through; undefined for none. */
export type ProxyChooser = (url: URL) => URL | undefined;

/**
 * Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, lower case first, as Go's httpproxy does: NO_PROXY holds hosts
 * (`example.com` with everything below, `.example.com` only what is below), addresses, CIDR ranges, each with an
 * optional port, or `*`. Loopback is never proxied. Throws USAGE for a proxy that is no URL.
 */
export function proxyFromEnvironment(env: NodeJS.ProcessEnv): ProxyChooser {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const all = read('ALL_PROXY');
  // A CGI server passes a client's `Proxy:` header on as HTTP_PROXY (httpoxy); Go refuses it there too.
  const http = env.REQUEST_METHOD === undefined ? read('HTTP_PROXY') : env.http_proxy;
  const proxies: Readonly<Record<string, URL | undefined>> = {
    'http:': parseProxy('HTTP_PROXY', http ?? all),
    'https:': parseProxy('HTTPS_PROXY', read('HTTPS_PROXY') ?? all),
  };
  const bypassed = bypassMatcher(read('NO_PROXY') ?? '');
  return (url) => {
    const proxy = proxies[url.protocol];
    return proxy === undefined || bypassed(url) ? undefined : proxy;
  };
}

function parseProxy(name: string, value: string | undefined): URL | undefined {
  if (value === undefined) return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new FirekilnError('USAGE', `${name} in the environment is not the URL of an HTTP proxy`, {
    hint: 'It looks like http://proxy.example.com:3128; SOCKS proxies are not supported.',
  });
}

function bypassMatcher(text: string): (url: URL) => boolean {
  const rules = text
    .split(/[,\s]+/)
    .filter((rule) => rule !== '')
    .map(parseRule);
  return (url) => {
    const address = literalAddress(url);
    if (url.hostname === 'localhost' || (address !== undefined && isLoopback(address))) return true;
    const host = address ?? url.hostname.replace(/\.$/, '');
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return rules.some((rule) => rule(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

function parseRule(rule: string): Rule {
  if (rule === '*') return () => true;
  const cidr = /^\[?([0-9a-fA-F.:]+)\]?\/(\d{1,3})$/.exec(rule);
  if (cidr !== null) return cidrRule(cidr[1] ?? '', Number(cidr[2]));
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(rule);
  const [name, port] =
    bracketed !== null
      ? [bracketed[1] ?? '', bracketed[2]]
      : isIP(rule) === 6
        ? [rule, undefined]
        : splitPort(rule.toLowerCase());
  const portMatches = (given: string) => port === undefined || port === given;
  if (isIP(name) !== 0) {
    const list = new BlockList();
    list.addAddress(name, isIP(name) === 6 ? 'ipv6' : 'ipv4');
    return (host, given) => isIP(host) !== 0 && list.check(host, family(host)) && portMatches(given);
  }
  const below = name.startsWith('*.') ? name.slice(1) : name.startsWith('.') ? name : `.${name}`;
  const itself = name.startsWith('.') || name.startsWith('*.') ? undefined : name;
  return (host, given) => (host === itself || host.endsWith(below)) && portMatches(given);
}

function cidrRule(net: string, prefix: number): Rule {
  const version = isIP(net);
  if (version === 0 || prefix > (version === 6 ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(net, prefix, version === 6 ? 'ipv6' : 'ipv4');
  return (host) => isIP(host) !== 0 && list.check(host, family(host));
}

function splitPort(rule: string): [name: string, port: string | undefined] {
  const match = /^(.*?)(?::(\d+))?$/.exec(rule);
  return [match?.[1] ?? rule, match?.[2]];
}

function family(host: string): 'ipv4' | 'ipv6' {
  return isIP(host) === 6 ? 'ipv6' : 'ipv4';
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function isLoopback(address: string): boolean {
  return loopback.check(address, family(address));
}
