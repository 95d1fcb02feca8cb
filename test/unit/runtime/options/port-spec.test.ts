import { describe, expect, it } from 'vitest';
import { formatPort, parsePortSpec } from '../../../../src/runtime/options/port-spec.ts';

describe('parsePortSpec', () => {
  const good: Readonly<Record<string, string>> = {
    '8080:80': '127.0.0.1:8080->80/tcp',
    '8080:80/tcp': '127.0.0.1:8080->80/tcp',
    '80': '127.0.0.1:0->80/tcp',
    ':80': '127.0.0.1:0->80/tcp',
    '0:80': '127.0.0.1:0->80/tcp',
    '0.0.0.0:8080:80': '0.0.0.0:8080->80/tcp',
    '192.0.2.1::80': '192.0.2.1:0->80/tcp',
    '[::1]:8080:80': '[::1]:8080->80/tcp',
    '8000-8001:80-81': '127.0.0.1:8000->80/tcp 127.0.0.1:8001->81/tcp',
    '80-81': '127.0.0.1:0->80/tcp 127.0.0.1:0->81/tcp',
  };
  it.each(Object.entries(good))('reads %s', (text, shown) => {
    expect(parsePortSpec(text).map(formatPort).join(' ')).toBe(shown);
  });

  const bad: Readonly<Record<string, RegExp>> = {
    '': /"" is no port/,
    'http:80': /"http" is no port/,
    '8080:0': /"0" is no port from 1/,
    '8080:65536': /"65536" is no port/,
    '8080:80/udp': /udp ports can not be published/,
    '8080:80/icmp': /unknown protocol "icmp"/,
    '8080:80/tcp/x': /more than one/,
    'localhost:8080:80': /"localhost" is no IP address/,
    '::1:8080:80': /./,
    '1:2:3:4': /not of this form/,
    '8000-8001:80': /2 host ports for 1 guest ports/,
    '8001-8000:80-81': /runs backwards/,
    '1-60000:1-60000': /more than 1024/,
    '-1:80': /is no port/,
    '0x50:80': /is no port/,
  };
  it.each(Object.entries(bad))('refuses %s', (text, message) => {
    expect(() => parsePortSpec(text)).toThrow(expect.objectContaining({ code: 'PORT_INVALID' }));
    expect(() => parsePortSpec(text)).toThrow(message);
  });
});
