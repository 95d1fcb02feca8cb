import { BlockList, isIPv6 } from 'node:net';
import { refusedNetworks } from './refused-networks.ts';

/** Where a guest's packets may not go, and what is excepted. */
export interface FrameRules {
  /** All addresses of the host, asked again from time to time. */
  readonly hostAddresses: () => readonly string[];
  /** Resolvers that may be asked (port 53) even if they are addresses of the host, or link-local. */
  readonly resolvers: readonly string[];
}

const ethernetBytes = 14;
const etherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const protocol = { tcp: 6, udp: 17, icmpv6: 58 } as const;
const port = { dns: 53, dhcpServer: 67, dhcpv6Server: 547 } as const;
/** Milliseconds for which the host's addresses are taken as known. */
const hostAddressesAge = 5000;
const maxVerdicts = 4096;

/**
 * Decides over each Ethernet frame that a guest sends. passt connects wherever a guest's packet is addressed to, with
 * the rights of a program of the host: root of a guest can route 127.0.0.1 to its network card and so reach servers
 * that listen for this host only. So packets for addresses that mean the host, its links or its cloud's metadata
 * service, are dropped before passt sees them.
 */
export class FrameFilter {
  readonly #rules: FrameRules;
  readonly #now: () => number;
  readonly #verdicts = new Map<string, boolean>();
  #refused = refusedAddresses([]);
  #asked = Number.NEGATIVE_INFINITY;

  constructor(rules: FrameRules, now: () => number = () => performance.now()) {
    this.#rules = rules;
    this.#now = now;
  }

  passes(frame: Buffer): boolean {
    if (frame.length < ethernetBytes) return false;
    switch (frame.readUInt16BE(12)) {
      case etherType.arp:
        return true;
      case etherType.ipv4:
        return this.#passesIpv4(frame.subarray(ethernetBytes));
      case etherType.ipv6:
        return this.#passesIpv6(frame.subarray(ethernetBytes));
      default:
        return false;
    }
  }

  #passesIpv4(packet: Buffer): boolean {
    if (packet.length < 20) return false;
    const address = packet.subarray(16, 20);
    if (this.#mayReach(address)) return true;
    const headerBytes = ((packet[0] ?? 0) & 15) * 4;
    const isFirstFragment = (packet.readUInt16BE(6) & 0x1fff) === 0;
    if (headerBytes < 20 || !isFirstFragment || packet.length < headerBytes + 4) return false;
    const to = packet.readUInt16BE(headerBytes + 2);
    const kind = packet[9];
    if (kind === protocol.udp && to === port.dhcpServer) return address.readUInt32BE() === 0xffff_ffff;
    return (kind === protocol.udp || kind === protocol.tcp) && to === port.dns && this.#isResolver(address);
  }

  #passesIpv6(packet: Buffer): boolean {
    if (packet.length < 40) return false;
    const address = packet.subarray(24, 40);
    if (this.#mayReach(address)) return true;
    const kind = packet[6];
    // Neighbours, routers and addresses are found by link-local and multicast packets; passt answers them itself.
    const isLink = isLinkScope(address);
    if (kind === protocol.icmpv6) return isLink;
    if (packet.length < 44) return false;
    const to = packet.readUInt16BE(42);
    if (kind === protocol.udp && to === port.dhcpv6Server) return isLink;
    return (kind === protocol.udp || kind === protocol.tcp) && to === port.dns && this.#isResolver(address);
  }

  #mayReach(address: Buffer): boolean {
    const now = this.#now();
    if (now - this.#asked > hostAddressesAge) {
      this.#asked = now;
      this.#refused = refusedAddresses(this.#rules.hostAddresses());
      this.#verdicts.clear();
    }
    const key = address.toString('latin1');
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const family = address.length === 4 ? 'ipv4' : 'ipv6';
    const verdict = !this.#refused[family].check(textOf(address), family);
    if (this.#verdicts.size >= maxVerdicts) this.#verdicts.clear();
    this.#verdicts.set(key, verdict);
    return verdict;
  }

  #isResolver(address: Buffer): boolean {
    const text = textOf(address);
    return this.#rules.resolvers.some((resolver) => canonical(resolver) === text);
  }
}

/** One list per family: within one, an IPv4-mapped IPv6 network would stand for IPv4 too. RFC 6890 and its registries. */
function refusedAddresses(hostAddresses: readonly string[]): Readonly<Record<'ipv4' | 'ipv6', BlockList>> {
  const ipv4 = new BlockList();
  const ipv6 = new BlockList();
  for (const subnet of refusedNetworks.ipv4) ipv4.addSubnet(...subnet, 'ipv4');
  for (const subnet of refusedNetworks.ipv6) ipv6.addSubnet(...subnet, 'ipv6');
  for (const address of hostAddresses) {
    if (isIPv6(address)) ipv6.addAddress(address, 'ipv6');
    else ipv4.addAddress(address, 'ipv4');
  }
  return { ipv4, ipv6 };
}

function isLinkScope(address: Buffer): boolean {
  const first = address.readUInt16BE();
  return (first & 0xffc0) === 0xfe80 || first >> 8 === 0xff;
}

function textOf(address: Buffer): string {
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(i * 2).toString(16));
  return groups.join(':');
}

/** In the form of {@link textOf}. */
function canonical(address: string): string {
  if (!isIPv6(address)) return address;
  // A URL writes an IPv6 address in its shortest form, without IPv4 notation.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...(tail === undefined ? [] : zeros), ...after].join(':');
}
