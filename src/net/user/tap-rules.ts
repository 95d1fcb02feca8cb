import { isIPv6 } from 'node:net';
import { refusedNetworks, type Subnet } from './refused-networks.ts';

/** Names of the devices in a VM's network namespace: the guest's, pasta's, and one that is down, where packets end. */
export const tapDevices = { guest: 'tap0', outside: 'up0', nowhere: 'hole0' } as const;

/** IANA, protocol numbers; ports of DHCP and DNS. */
const udp = 17;
const tcp = 6;
const icmpv6 = 58;
const dns = 53;
const dhcpServer = 67;
const dhcpv6Server = 547;

/** The order of rules: exceptions, what is refused, the rest. A priority has one protocol (tc(8)). */
const order = {
  arp: 10,
  ipv4: { pass: 20, refuse: 30, rest: 40 },
  ipv6: { pass: 21, refuse: 31, rest: 41 },
  other: 50,
};

/**
 * Lines for `tc -batch` that lead frames between the guest and pasta as {@link FrameFilter} does for QEMU: what is sent to
 * an address that means the host, its links or its cloud's metadata service ends nowhere, but for DNS to its resolvers.
 */
export function tapRules(resolvers: readonly string[]): readonly string[] {
  const { guest, outside, nowhere } = tapDevices;
  const v4 = resolvers.filter((address) => !isIPv6(address));
  const v6 = resolvers.filter((address) => isIPv6(address));
  // Without options, whose length would move the ports, and no later fragment, which has none.
  const plain = 'match u8 0x45 0xff at 0 match u16 0 0x1fff at 6';
  const linkScope = [
    ['fe80::', 10],
    ['ff00::', 8],
  ] as const;
  return [
    ...[outside, guest].map((device) => `qdisc add dev ${device} ingress`),
    rule(outside, 'all', 1, everything, guest),
    rule(guest, 'arp', order.arp, everything, outside),
    rule(guest, 'ip', order.ipv4.pass, `${plain} ${to4(['255.255.255.255', 32], udp, dhcpServer)}`, outside),
    ...v4.flatMap((address) =>
      [udp, tcp].map((kind) =>
        rule(guest, 'ip', order.ipv4.pass, `${plain} ${to4([address, 32], kind, dns)}`, outside),
      ),
    ),
    ...linkScope.flatMap((subnet) => [
      rule(guest, 'ipv6', order.ipv6.pass, `match ip6 dst ${subnet.join('/')} match u8 ${icmpv6} 0xff at 6`, outside),
      rule(guest, 'ipv6', order.ipv6.pass, to6(subnet, udp, dhcpv6Server), outside),
    ]),
    ...v6.flatMap((address) =>
      [udp, tcp].map((kind) => rule(guest, 'ipv6', order.ipv6.pass, to6([address, 128], kind, dns), outside)),
    ),
    ...refusalRules([...refusedNetworks.ipv4, ...refusedNetworks.ipv6]),
    rule(guest, 'ip', order.ipv4.rest, everything, outside),
    rule(guest, 'ipv6', order.ipv6.rest, everything, outside),
    rule(guest, 'all', order.other, everything, nowhere),
  ];
}

/** Lines for `tc -batch` that refuse what is sent to these networks. */
export function refusalRules(subnets: readonly Subnet[]): readonly string[] {
  const { guest, nowhere } = tapDevices;
  return subnets.map(([address, prefix]) =>
    isIPv6(address)
      ? rule(guest, 'ipv6', order.ipv6.refuse, `match ip6 dst ${address}/${prefix}`, nowhere)
      : rule(guest, 'ip', order.ipv4.refuse, `match ip dst ${address}/${prefix}`, nowhere),
  );
}

const everything = 'match u32 0 0';

function to4(subnet: Subnet, kind: number, port: number): string {
  return `match ip dst ${subnet.join('/')} match ip protocol ${kind} 0xff match u16 ${port} 0xffff at 22`;
}

function to6(subnet: Subnet, kind: number, port: number): string {
  return `match ip6 dst ${subnet.join('/')} match u8 ${kind} 0xff at 6 match u16 ${port} 0xffff at 42`;
}

function rule(from: string, protocol: string, priority: number, match: string, target: string): string {
  return `filter add dev ${from} parent ffff: protocol ${protocol} prio ${priority} u32 ${match} action mirred egress redirect dev ${target}`;
}
