import { describe, expect, it } from 'vitest';
import { endpointsOf, namedHosts, tlsSettingsOf } from '../../../src/registry/endpoint.ts';
import type { RegistryHostSettings, RegistrySettings } from '../../../src/registry/registry-settings.ts';
import { readRetryAfter } from '../../../src/registry/retry-policy.ts';

const none: RegistryHostSettings = { mirrors: [], authorities: [], keyPairs: [] };
const settings = (hosts: Record<string, Partial<RegistryHostSettings>>): RegistrySettings =>
  new Map(Object.entries(hosts).map(([host, more]) => [host, { ...none, ...more }]));
const urls = (domain: string, hosts: Record<string, Partial<RegistryHostSettings>> = {}) =>
  endpointsOf(domain, settings(hosts)).map(({ origins, prefix }) => origins.map((origin) => origin + prefix).join(' '));

describe('endpointsOf', () => {
  it.each([
    ['docker.io', {}, ['https://registry-1.docker.io/v2']],
    ['ghcr.io', {}, ['https://ghcr.io/v2']],
    ['localhost:5000', {}, ['http://localhost:5000/v2']],
    ['127.0.0.1:5000', {}, ['http://127.0.0.1:5000/v2']],
    ['[::1]:5000', {}, ['http://[::1]:5000/v2']],
    ['127.0.0.1.evil.example', {}, ['https://127.0.0.1.evil.example/v2']],
    ['localhost:5000', { 'localhost:5000': { http: false } }, ['https://localhost:5000/v2']],
    ['localhost:5000', { 'localhost:5000': { authorities: ['pem'] } }, ['https://localhost:5000/v2']],
    ['x.example', { 'x.example': { http: true } }, ['http://x.example/v2']],
    ['x.example', { 'x.example': { insecure: true } }, ['https://x.example/v2 http://x.example/v2']],
    ['x.example', { 'x.example': { insecure: true, http: false } }, ['https://x.example/v2']],
    [
      'docker.io',
      { 'docker.io': { mirrors: ['127.0.0.1:5000', 'harbor.example/proxy/hub/'] } },
      ['http://127.0.0.1:5000/v2', 'https://harbor.example/v2/proxy/hub', 'https://registry-1.docker.io/v2'],
    ],
    [
      'docker.io',
      { 'docker.io': { mirrors: ['m.example', 'n.example'], http: true }, 'n.example': { http: false } },
      ['http://m.example/v2', 'https://n.example/v2', 'http://registry-1.docker.io/v2'],
    ],
  ])('%s with %j: %j', (domain, hosts, expected) => {
    expect(urls(domain, hosts)).toEqual(expected);
  });

  it('knows whom to trust and where the operator points to', () => {
    const known = settings({
      'docker.io': { mirrors: ['m.example/x'], authorities: ['pem'] },
      'localhost:1': { insecure: true },
    });
    const trust = tlsSettingsOf(known);
    expect(trust(new URL('https://registry-1.docker.io/'))).toMatchObject({ authorities: ['pem'], insecure: false });
    expect(trust(new URL('https://m.example/'))).toMatchObject({ authorities: ['pem'] });
    expect(trust(new URL('https://localhost:1/'))).toMatchObject({ insecure: true });
    expect(trust(new URL('https://elsewhere.example/'))).toBeUndefined();
    expect([...namedHosts(known)]).toEqual(['docker.io', 'm.example', 'localhost:1']);
  });
});

describe('readRetryAfter', () => {
  const now = Date.parse('2024-01-01T00:00:00Z');
  it.each([
    ['5', 5000],
    ['Mon, 01 Jan 2024 00:00:30 GMT', 30_000],
    ['Sun, 31 Dec 2023 00:00:00 GMT', 0],
    ['-1', undefined],
    ['soon', undefined],
    ['99999999999999', undefined],
    [undefined, undefined],
  ])('%s is %s ms', (value, ms) => {
    expect(readRetryAfter(value, now)).toBe(ms);
  });
});
