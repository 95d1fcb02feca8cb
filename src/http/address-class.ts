import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * `link-local` holds what no fetch on behalf of a Dockerfile may reach: addresses of this link (RFC 3927, RFC 4291)
 * and the fixed addresses at which clouds answer with a machine's credentials. `private` is everything else that is
 * not of the public internet (IANA special-purpose registries): loopback, RFC 1918, shared, unique local, multicast.
 */
export type AddressClass = 'public' | 'private' | 'link-local';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');
// Metadata services: AWS over IPv6, Alibaba, Oracle, Azure's wire server, Tencent over IPv6.
linkLocal.addAddress('fd00:ec2::254', 'ipv6');
linkLocal.addAddress('100.100.100.200');
linkLocal.addAddress('192.0.0.192');
linkLocal.addAddress('168.63.129.16');

const notPublic = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(net, prefix);
}

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const documentation = new BlockList();
documentation.addSubnet('2001:db8::', 32, 'ipv6');

/** The class of an IP address without brackets. Throws on anything else. */
export function classifyAddress(address: string): AddressClass {
  if (isIPv4(address)) {
    if (linkLocal.check(address)) return 'link-local';
    return notPublic.check(address) ? 'private' : 'public';
  }
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) throw new TypeError(`not an IP address: ${address}`);
  const embedded = embeddedIPv4(bare);
  if (embedded !== undefined) return classifyAddress(embedded);
  if (linkLocal.check(bare, 'ipv6')) return 'link-local';
  return globalUnicast.check(bare, 'ipv6') && !documentation.check(bare, 'ipv6') ? 'public' : 'private';
}

/** The IPv4 address that an IPv6 address leads to: mapped, compatible, NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056). */
function embeddedIPv4(address: string): string | undefined {
  const words = expandIPv6(address);
  const at = (i: number): string => {
    const high = words[i] ?? 0;
    const low = words[i + 1] ?? 0;
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  };
  const startsWith = (...prefix: number[]): boolean => prefix.every((word, i) => words[i] === word);
  if (startsWith(0, 0, 0, 0, 0, 0xffff)) return at(6);
  if (startsWith(0, 0, 0, 0, 0xffff, 0)) return at(6);
  if (startsWith(0, 0, 0, 0, 0, 0) && (words[6] ?? 0) !== 0) return at(6);
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return at(6);
  if (startsWith(0x64, 0xff9b, 1)) return at(6);
  if (startsWith(0x2002)) return at(1);
  return undefined;
}

/** The eight 16-bit words of a valid IPv6 address. */
function expandIPv6(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text =
    dotted === null ? address : `${dotted[1]}${hexWord(dotted[2], dotted[3])}:${hexWord(dotted[4], dotted[5])}`;
  const [head = '', tail] = text.split('::');
  const before = wordsOf(head);
  if (tail === undefined) return before;
  const after = wordsOf(tail);
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0), ...after];
}

function wordsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
}

function hexWord(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
