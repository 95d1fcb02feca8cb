import { describe, expect, it } from 'vitest';
import { forwardAddress, guestResolver } from '../../../../src/net/user/guest-resolver.ts';

describe('guestResolver', () => {
  it('hands on the servers of the host, search domains and options too', () => {
    const text =
      '# made by hand\nnameserver 10.0.0.2\nnameserver 2001:db8::1\nsearch a.example b.example\noptions ndots:2\n';
    expect(guestResolver([text])).toEqual({
      servers: ['10.0.0.2', '2001:db8::1'],
      search: ['a.example', 'b.example'],
      options: ['ndots:2'],
    });
  });

  it('takes the servers behind systemd-resolved, whose own address is a loopback', () => {
    const stub = 'nameserver 127.0.0.53\nsearch corp.example\n';
    expect(guestResolver([stub, 'nameserver 192.168.1.1\n'])).toEqual({
      servers: ['192.168.1.1'],
      search: ['corp.example'],
      options: [],
    });
  });

  it.each([
    ['a loopback server only', 'nameserver 127.0.0.1\n', '127.0.0.1'],
    ['none, which means this host', '', '127.0.0.1'],
    ['no file', undefined, '127.0.0.1'],
    ['a second loopback', 'nameserver ::1\nnameserver 127.0.0.2\n', '127.0.0.2'],
  ])('has queries carried to the host where it lists %s', (_, text, forwardTo) => {
    const resolver = guestResolver(text === undefined ? [] : [text]);
    expect(resolver).toMatchObject({ servers: [forwardAddress], forwardTo });
  });

  it('passes over what is no address, has a zone, or is one too many', () => {
    const text =
      'nameserver fe80::1%eth0\nnameserver example\nnameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n';
    expect(guestResolver([text]).servers).toEqual(['1.1.1.1', '1.1.1.2', '1.1.1.3']);
  });
});
