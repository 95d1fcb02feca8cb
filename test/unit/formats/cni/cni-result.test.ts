import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFirekilnError } from '../../../../src/base/errors/firekiln-error.ts';
import { type CniResult, encodeCniResult } from '../../../../src/formats/cni/cni-result.ts';
import { cniVersions } from '../../../../src/formats/cni/cni-version.ts';
import { cniResultOf, parseCniResult } from '../../../../src/formats/cni/parse-result.ts';

const text = (value: unknown) => Buffer.from(JSON.stringify(value));

/** What Debian's bridge plugin printed for a network of version 0.4.0. */
const fromBridge = {
  cniVersion: '0.4.0',
  interfaces: [
    { name: 'builds0', mac: 'de:96:a0:ae:fa:d4' },
    { name: 'vethb44b4bb9', mac: 'fe:01:86:16:02:f1' },
    { name: 'eth0', mac: '82:8e:ef:4d:ef:85', sandbox: '/run/netns/firekiln-vm-1' },
  ],
  ips: [{ version: '4', interface: 2, address: '192.168.123.2/24', gateway: '192.168.123.1' }],
  routes: [{ dst: '0.0.0.0/0', gw: '192.168.123.1' }],
  dns: { nameservers: ['10.255.255.53'] },
};

describe('results of CNI plugins', () => {
  it('reads and writes what a plugin of version 0.4.0 says', () => {
    const result = parseCniResult(text(fromBridge), 'bridge');
    expect(encodeCniResult(result, '0.4.0')).toEqual(fromBridge);
  });

  it('leaves the IP version out from 1.0.0 on', () => {
    const result = parseCniResult(text(fromBridge), 'bridge');
    expect(encodeCniResult(result, '1.0.0')).toMatchObject({
      cniVersion: '1.0.0',
      ips: [{ interface: 2, address: '192.168.123.2/24', gateway: '192.168.123.1' }],
    });
    expect(encodeCniResult(result, '1.1.0').ips).not.toHaveProperty('0.version');
  });

  it('leaves out what came with 1.1.0 for older versions', () => {
    const result = parseCniResult(
      text({
        cniVersion: '1.1.0',
        interfaces: [{ name: 'eth0', mtu: 1400, pciID: '0:1', socketPath: '/s' }],
        routes: [{ dst: 'fd00::/8', mtu: 1300, priority: 5, table: 7, scope: 0, advmss: 9 }],
      }),
      'plugin',
    );
    expect(encodeCniResult(result, '1.1.0')).toMatchObject({
      interfaces: [{ name: 'eth0', mtu: 1400, pciID: '0:1', socketPath: '/s' }],
      routes: [{ dst: 'fd00::/8', mtu: 1300, priority: 5, table: 7, scope: 0, advmss: 9 }],
    });
    expect(encodeCniResult(result, '1.0.0')).toEqual({
      cniVersion: '1.0.0',
      interfaces: [{ name: 'eth0' }],
      ips: [],
      routes: [{ dst: 'fd00::/8' }],
    });
  });

  it('takes what Go writes for nothing, and an index of -1, for nothing', () => {
    const result = parseCniResult(
      text({ interfaces: null, ips: [{ address: 'fd00::2/64', gateway: '', interface: -1 }], routes: null, dns: {} }),
      'plugin',
    );
    expect(encodeCniResult(result, '0.3.1')).toEqual({
      cniVersion: '0.3.1',
      interfaces: [],
      ips: [{ version: '6', address: 'fd00::2/64' }],
      routes: [],
    });
  });

  it.each([
    ['no JSON', '{"ips":', /not JSON/],
    ['a list', '[]', /it is a list/],
    ['a version of another shape', { cniVersion: '0.2.0', ip4: {} }, /version "0.2.0"/],
    ['a version yet to come', { cniVersion: '2.0.0' }, /version "2.0.0"/],
    ['an interface without a name', { interfaces: [{ mac: 'x' }] }, /interfaces\[0\]\.name is missing/],
    ['an index that leads nowhere', { ips: [{ address: '10.0.0.2/8', interface: 1 }] }, /ips\[0\]\.interface is 1/],
    ['an index below all', { ips: [{ address: '10.0.0.2/8', interface: -2 }] }, /ips\[0\]\.interface is -2/],
    ['an address without a prefix', { ips: [{ address: '10.0.0.2' }] }, /ips\[0\]\.address is "10.0.0.2"/],
    ['a command in an address', { routes: [{ dst: '0/0; reboot' }] }, /routes\[0\]\.dst/],
    ['a number as a gateway', { routes: [{ dst: '0.0.0.0/0', gw: 1 }] }, /routes\[0\]\.gw is 1/],
    ['too many of something', { routes: Array.from({ length: 1025 }, () => ({ dst: '::/0' })) }, /1025 items/],
  ])('refuses %s', (_, value, message) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : text(value);
    expect(() => parseCniResult(bytes, 'result of x')).toThrow(message);
  });

  it('comes back the same through every version that can hold it', () => {
    fc.assert(
      fc.property(anyResult, fc.constantFrom(...cniVersions), (result, version) => {
        const there = JSON.parse(JSON.stringify(encodeCniResult(result, version))) as unknown;
        const back = cniResultOf(there, 'back');
        expect(encodeCniResult(back, version)).toEqual(encodeCniResult(result, version));
        if (version === '1.1.0') expect(encodeCniResult(back, '0.4.0')).toEqual(encodeCniResult(result, '0.4.0'));
      }),
    );
  });

  it('answers anything with a result or an error of its own', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          anyShape.map((value) => JSON.stringify(value)),
        ),
        (json) => {
          try {
            parseCniResult(Buffer.from(json), 'anything');
          } catch (error) {
            if (!isFirekilnError(error)) throw error;
          }
        },
      ),
    );
  });
});

const word = fc.stringMatching(/^[a-z0-9/:.-]{1,20}$/);
const size = fc.integer({ min: 0, max: 100_000 });
const address = fc.constantFrom('10.0.0.2/24', 'fd00::2/64', '0.0.0.0/0');
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const anyResult: fc.Arbitrary<CniResult> = fc
  .array(
    fc.record({
      name: word,
      mac: optional(word),
      sandbox: optional(word),
      mtu: optional(size),
      socketPath: optional(word),
      pciID: optional(word),
    }),
    { maxLength: 4 },
  )
  .chain((interfaces) =>
    fc.record({
      interfaces: fc.constant(interfaces),
      ips: fc.array(
        fc.record({
          address,
          gateway: optional(word),
          interface: interfaces.length === 0 ? fc.constant(undefined) : optional(fc.nat(interfaces.length - 1)),
        }),
      ),
      routes: fc.array(
        fc.record({
          dst: address,
          gw: optional(word),
          mtu: optional(size),
          advmss: optional(size),
          priority: optional(size),
          table: optional(size),
          scope: optional(size),
        }),
      ),
      dns: fc.record({
        nameservers: optional(fc.array(word)),
        domain: optional(word),
        search: optional(fc.array(word)),
        options: optional(fc.array(word)),
      }),
    }),
  );

const anyShape = fc.record(
  { cniVersion: fc.anything(), interfaces: fc.array(fc.anything()), ips: fc.array(fc.anything()), dns: fc.anything() },
  { requiredKeys: [] },
);
