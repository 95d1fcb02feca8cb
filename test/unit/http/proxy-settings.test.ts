import { describe, expect, it } from 'vitest';
import { proxyFromEnvironment } from '../../../src/http/proxy-settings.ts';

const chosen = (url: string, env: Record<string, string>) => proxyFromEnvironment(env)(new URL(url))?.href;

describe('proxyFromEnvironment', () => {
  const both = { HTTP_PROXY: 'http://p1:1', HTTPS_PROXY: 'p2:2' };

  it.each([
    ['http://example.com/', both, 'http://p1:1/'],
    ['https://example.com/', both, 'http://p2:2/'],
    ['https://example.com/', { HTTP_PROXY: 'http://p1:1' }, undefined],
    ['https://example.com/', { ALL_PROXY: 'http://p3:3' }, 'http://p3:3/'],
    ['http://example.com/', { http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' }, 'http://low:1/'],
    ['http://example.com/', { HTTP_PROXY: 'http://p1:1', REQUEST_METHOD: 'GET' }, undefined],
    ['http://localhost:5000/', both, undefined],
    ['http://127.1.2.3/', both, undefined],
    ['http://[::1]:80/', both, undefined],
    ['http://example.com/', {}, undefined],
  ])('%s with %j goes through %s', (url, env, proxy) => {
    expect(chosen(url, env)).toBe(proxy);
  });

  it.each([
    ['http://example.com/', 'example.com', true],
    ['http://sub.example.com/', 'example.com', true],
    ['http://notexample.com/', 'example.com', false],
    ['http://example.com/', '.example.com', false],
    ['http://a.example.com/', '.example.com', true],
    ['http://a.example.com/', '*.example.com', true],
    ['http://example.com:8080/', 'example.com:8080', true],
    ['http://example.com:8081/', 'example.com:8080', false],
    ['https://example.com/', 'example.com:443', true],
    ['http://EXAMPLE.com/', 'Example.COM', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://[fd00::5]/', 'fd00::/8', true],
    ['http://10.1.2.3:99/', '10.1.2.3', true],
    ['http://10.1.2.3:99/', '10.1.2.3:98', false],
    ['http://[fd00::5]:80/', '[fd00::5]:80', true],
    ['http://x.org/', 'a.com, b.com *', true],
    ['http://x.org/', '10.0.0.0/99,/8,', false],
  ])('NO_PROXY: %s against %j: %s', (url, noProxy, direct) => {
    expect(chosen(url, { ...both, NO_PROXY: noProxy })).toBe(
      direct ? undefined : 'http://p1:1/'.replace('p1:1', url.startsWith('https') ? 'p2:2' : 'p1:1'),
    );
  });

  it('refuses what is no proxy, without showing its password', () => {
    expect(() => proxyFromEnvironment({ HTTP_PROXY: 'socks5://user:secret@x:1' })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.not.stringContaining('secret') }),
    );
  });
});
