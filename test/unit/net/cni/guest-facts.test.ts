import { describe, expect, it } from 'vitest';
import type { CniResult } from '../../../../src/formats/cni/cni-result.ts';
import { guestFacts } from '../../../../src/net/cni/guest-facts.ts';

const result: CniResult = {
  interfaces: [
    { name: 'builds0', mac: 'de:96:a0:ae:fa:d4' },
    { name: 'veth1', mac: 'fe:01:86:16:02:f1' },
    { name: 'eth0', mac: '82:8e:ef:4d:ef:85', sandbox: '/run/netns/vm' },
    { name: 'tap0', mac: '4a:7c:17:01:f0:4b', sandbox: '/run/netns/vm' },
    { name: 'tap0', mac: '82:8e:ef:4d:ef:85', sandbox: 'vm-1' },
  ],
  ips: [
    { address: '10.9.0.2/24', gateway: '10.9.0.1', interface: 2 },
    { address: '10.9.0.2/24', gateway: '10.9.0.1', interface: 4 },
    { address: 'fd09::2/64', gateway: 'fd09::1', interface: 4 },
  ],
  routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }, { dst: '172.16.0.0/12', gw: '10.9.0.7' }],
  dns: { nameservers: ['10.9.0.53'], domain: 'a.example', search: ['b.example', 'a.example'] },
};
const host = { servers: ['192.0.2.53'], search: ['host.example'], options: ['ndots:2'] };
const facts = (change: Partial<CniResult> = {}, resolvers = [host]) =>
  guestFacts({ ...result, ...change }, 'vm-1', 'n', resolvers);

describe('guestFacts', () => {
  it('gives the guest what stands for its own interface', () => {
    expect(facts()).toEqual({
      tapName: 'tap0',
      mac: '82:8e:ef:4d:ef:85',
      addresses: ['10.9.0.2/24', 'fd09::2/64'],
      routes: [
        { destination: '0.0.0.0/0', gateway: '10.9.0.1' },
        { destination: '::/0', gateway: 'fd09::1' },
        { destination: '172.16.0.0/12', gateway: '10.9.0.7' },
      ],
      dns: { servers: ['10.9.0.53'], search: ['a.example', 'b.example'], options: [] },
      vethName: 'veth1',
    });
  });

  it('makes a route to the link itself where no gateway is known', () => {
    expect(facts({ ips: [{ address: '10.9.0.2/24', interface: 4 }] }).routes[0]).toEqual({ destination: '0.0.0.0/0' });
  });

  it("falls back to the host's resolver where CNI names none", () => {
    expect(facts({ dns: {} }).dns).toEqual(host);
  });

  it('passes over servers that only the host itself can ask', () => {
    const stub = { servers: ['127.0.0.53'], search: ['host.example'], options: [] };
    const dns = { nameservers: ['127.0.0.53', '::1'], search: ['c.example'] };
    expect(facts({ dns }, [stub, host]).dns).toEqual({ servers: ['192.0.2.53'], search: ['c.example'], options: [] });
    expect(facts({ dns }, [stub]).dns.servers).toEqual([]);
  });

  it.each([
    ['no tap', { interfaces: result.interfaces.slice(0, 3), ips: [] }, /makes no tap device/],
    ['no MAC', { interfaces: result.interfaces.map((one) => ({ ...one, mac: undefined })) }, /no MAC address/],
    ['an address that is none', { ips: [{ address: '999.0.0.2/24', interface: 4 }] }, /"999\.0\.0\.2"/],
    ['a gateway that is none', { routes: [{ dst: '0.0.0.0/0', gw: '10.9.0.1; reboot' }] }, /reboot/],
  ])('refuses %s', (_, change, message) => {
    expect(() => facts(change)).toThrow(message);
  });
});
