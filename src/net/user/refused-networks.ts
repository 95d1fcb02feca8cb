/** A network's address and the length of its prefix. */
export type Subnet = readonly [address: string, prefix: number];

/** Where guests may not send to: what means this host, its links, or its cloud's metadata service. */
export const refusedNetworks: { readonly ipv4: readonly Subnet[]; readonly ipv6: readonly Subnet[] } = {
  ipv4: [
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    // Multicast, reserved, broadcast.
    ['224.0.0.0', 3],
  ],
  ipv6: [
    // Unspecified, loopback, and IPv4 in disguise.
    ['::', 96],
    ['::ffff:0:0', 96],
    ['fe80::', 10],
    ['ff00::', 8],
  ],
};
