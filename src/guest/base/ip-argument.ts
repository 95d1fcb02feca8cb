import type { GuestNetwork } from '../../net/provider.ts';
import { baseHostname } from './base-vm.ts';

type Layer3 = Pick<GuestNetwork, 'addresses' | 'routes'>;

/** What {@link ipArgument} can say of addresses and routes: one of each. */
export function toldToKernel({ addresses, routes }: Layer3) {
  const isDefault = (destination: string) => ['0.0.0.0/0', 'default'].includes(destination);
  return {
    address: addresses.find((one) => !one.includes(':')),
    route: routes.find(
      ({ destination, gateway }) => isDefault(destination) && gateway !== undefined && !gateway.includes(':'),
    ),
  };
}

/** Linux, admin-guide/nfs/nfsroot.rst: `ip=<client>:<server>:<gw>:<netmask>:<host>:<device>:<autoconf>:<dns0>:<dns1>`. */
export function ipArgument(network: Layer3 & Pick<GuestNetwork, 'dns'>): string {
  const told = toldToKernel(network);
  const [address = '', prefix = '24'] = told.address?.split('/') ?? [];
  const bits = Number(prefix);
  const mask = [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.max(0, Math.min(8, bits - from)))).join('.');
  const gateway = told.route?.gateway ?? '';
  const [first = '', second = ''] = network.dns.servers.filter((one) => !one.includes(':'));
  // systemd-network-generator refuses the whole of it for a last field that is empty.
  return `ip=${[address, '', gateway, mask, baseHostname, 'eth0', 'off', first, second].join(':').replace(/:+$/, '')}`;
}
