import { expect, it } from 'vitest';
import { FrameFilter } from '../../../../src/net/user/frame-filter.ts';

const host = ['192.0.2.2', '127.0.0.1', '172.17.0.1', '::1', 'fd00::2', 'fe80::1:2'];
const filter = () => new FrameFilter({ hostAddresses: () => host, resolvers: ['10.0.0.53', '172.17.0.1', 'fd00::2'] });

interface Packet {
  readonly to: string;
  readonly kind?: number;
  readonly port?: number;
  readonly fragment?: number;
}

function ipv4({ to, kind = 6, port = 80, fragment = 0 }: Packet): Buffer {
  const packet = Buffer.alloc(14 + 20 + 8);
  packet.writeUInt16BE(0x0800, 12);
  packet[14] = 0x45;
  packet.writeUInt16BE(fragment, 14 + 6);
  packet[14 + 9] = kind;
  packet.set(to.split('.').map(Number), 14 + 16);
  packet.writeUInt16BE(port, 14 + 22);
  return packet;
}

function ipv6({ to, kind = 6, port = 80 }: Packet): Buffer {
  const packet = Buffer.alloc(14 + 40 + 8);
  packet.writeUInt16BE(0x86dd, 12);
  packet[14] = 0x60;
  packet[14 + 6] = kind;
  const [head = '', tail = ''] = to.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  for (const [i, group] of groups(head).entries()) packet.writeUInt16BE(group, 14 + 24 + i * 2);
  const after = groups(tail);
  for (const [i, group] of after.entries()) packet.writeUInt16BE(group, 14 + 40 - (after.length - i) * 2);
  packet.writeUInt16BE(port, 14 + 42);
  return packet;
}

it.each([
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.0.0.1',
  '192.0.2.2',
  '172.17.0.1',
  '169.254.169.254',
  '169.254.1.1',
  '224.0.0.251',
  '255.255.255.255',
])('refuses IPv4 to %s', (to) => {
  for (const kind of [1, 6, 17]) expect(filter().passes(ipv4({ to, kind }))).toBe(false);
});

it.each(['1.1.1.1', '192.0.2.1', '10.0.0.1', '128.0.0.1', '223.255.255.255'])('lets IPv4 through to %s', (to) => {
  for (const kind of [1, 6, 17]) expect(filter().passes(ipv4({ to, kind }))).toBe(true);
});

it.each(['::1', '::', '::7f00:1', '::ffff:7f00:1', '::ffff:c000:202', 'fd00::2', 'fe80::1:2', 'fe80::1', 'ff02::1'])(
  'refuses IPv6 to %s',
  (to) => {
    for (const kind of [6, 17]) expect(filter().passes(ipv6({ to, kind }))).toBe(false);
  },
);

it.each(['2001:db8::1', 'fd00::1', '64:ff9b::1.1.1.1'.replace('1.1.1.1', '101:101')])(
  'lets IPv6 through to %s',
  (to) => {
    for (const kind of [6, 17, 58]) expect(filter().passes(ipv6({ to, kind }))).toBe(true);
  },
);

it('lets a guest find its address and its neighbours', () => {
  expect(filter().passes(ipv4({ to: '255.255.255.255', kind: 17, port: 67 }))).toBe(true);
  expect(filter().passes(ipv6({ to: 'ff02::1:ff00:2', kind: 58 }))).toBe(true);
  expect(filter().passes(ipv6({ to: 'ff02::1:2', kind: 17, port: 547 }))).toBe(true);
  const arp = Buffer.alloc(42);
  arp.writeUInt16BE(0x0806, 12);
  expect(filter().passes(arp)).toBe(true);
});

it('lets DNS through to the resolvers of the host, and nothing else of theirs', () => {
  expect(filter().passes(ipv4({ to: '172.17.0.1', kind: 17, port: 53 }))).toBe(true);
  expect(filter().passes(ipv4({ to: '172.17.0.1', kind: 6, port: 53 }))).toBe(true);
  expect(filter().passes(ipv6({ to: 'fd00::2', kind: 17, port: 53 }))).toBe(true);
  expect(filter().passes(ipv4({ to: '172.17.0.1', kind: 17, port: 54 }))).toBe(false);
  // A later fragment has no ports: its data would be taken for them.
  expect(filter().passes(ipv4({ to: '172.17.0.1', kind: 17, port: 53, fragment: 5 }))).toBe(false);
  expect(filter().passes(ipv4({ to: '192.0.2.2', kind: 17, port: 53 }))).toBe(false);
});

it('refuses what is no whole ARP, IPv4 or IPv6', () => {
  for (const length of [0, 13, 14, 33])
    expect(filter().passes(ipv4({ to: '1.1.1.1' }).subarray(0, length))).toBe(false);
  expect(filter().passes(ipv6({ to: '2001:db8::1' }).subarray(0, 53))).toBe(false);
  const vlan = ipv4({ to: '1.1.1.1' });
  vlan.writeUInt16BE(0x8100, 12);
  expect(filter().passes(vlan)).toBe(false);
});

it('notices addresses that the host gets later', () => {
  let now = 0;
  const addresses = ['192.0.2.2'];
  const late = new FrameFilter({ hostAddresses: () => addresses, resolvers: [] }, () => now);
  expect(late.passes(ipv4({ to: '172.18.0.1' }))).toBe(true);
  addresses.push('172.18.0.1');
  now += 6000;
  expect(late.passes(ipv4({ to: '172.18.0.1' }))).toBe(false);
});
