import type { NetworkAttachment } from '../../net/provider.ts';
import { baseHostname } from './base-vm.ts';

/** Linux, admin-guide/nfs/nfsroot.rst: `ip=<client>:<server>:<gw>:<netmask>:<host>:<device>:<autoconf>:<dns0>:<dns1>`. */
export function ipArgument({
  addresses,
  routes,
  dns,
}: Pick<NetworkAttachment, 'addresses' | 'routes' | 'dns'>): string {
  const [address = '', prefix = '24'] = (addresses.find((one) => !one.includes(':')) ?? '').split('/');
  const bits = Number(prefix);
  const mask = [0, 8, 16, 24].map((from) => 256 - 2 ** (8 - Math.max(0, Math.min(8, bits - from)))).join('.');
  const gateway = routes.find(({ destination }) => ['0.0.0.0/0', 'default'].includes(destination))?.gateway ?? '';
  const [first = '', second = ''] = dns.servers.filter((one) => !one.includes(':'));
  // systemd-network-generator refuses the whole of it for a last field that is empty.
  return `ip=${[address, '', gateway, mask, baseHostname, 'eth0', 'off', first, second].join(':').replace(/:+$/, '')}`;
}
