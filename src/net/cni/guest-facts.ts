import { isIP } from 'node:net';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { CniResult, CniRoute } from '../../formats/cni/cni-result.ts';
import { findTapPair } from '../../formats/cni/tap-pair.ts';
import type { GuestNetwork } from '../provider.ts';
import { isLoopbackServer, maxServers, type ResolvConf } from '../resolv-conf.ts';

/** What CNI decided for a VM. */
export interface GuestFacts {
  readonly tapName: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  readonly routes: GuestNetwork['routes'];
  readonly dns: GuestNetwork['dns'];
  /** The host's end of the pair of interfaces, where there is one. */
  readonly vethName: string | undefined;
}

/**
 * Reads the facts out of the chain's last result, in which a tap plugin has left a pair of interfaces. `host` are the
 * host's resolver files, used where the result names no server that a guest can reach.
 * Throws CNI_CONFIG_INVALID if there is no tap.
 */
export function guestFacts(result: CniResult, vmId: string, network: string, host: readonly ResolvConf[]): GuestFacts {
  const pair = findTapPair(result, vmId);
  if (pair === undefined) {
    throw new FirekilnError('CNI_CONFIG_INVALID', `the CNI network ${network} makes no tap device for VMs`, {
      hint: 'Add { "type": "tc-redirect-tap" } as the last of its plugins; Firekiln brings that plugin.',
    });
  }
  const own = result.ips.filter((ip) => ip.interface === pair.guestIndex);
  for (const { address, gateway } of own) {
    checkAddress(address.split('/')[0] ?? '', network);
    if (gateway !== undefined) checkAddress(gateway, network);
  }
  return {
    tapName: pair.tap.name,
    mac: checkedMac(pair.guest.mac, network),
    addresses: own.map(({ address }) => address),
    routes: result.routes.map((route) => guestRoute(route, own, network)),
    dns: guestDns(result, host),
    vethName: result.interfaces.find(({ name, sandbox }) => sandbox === undefined && name.startsWith('veth'))?.name,
  };
}

/** A route without a gateway goes through that of the addresses, as CNI's own IPAM library does it. */
function guestRoute(
  { dst, gw }: CniRoute,
  own: readonly { readonly gateway?: string | undefined }[],
  network: string,
): GuestNetwork['routes'][number] {
  checkAddress(dst.split('/')[0] ?? '', network);
  if (gw !== undefined) checkAddress(gw, network);
  const sameFamily = (address: string) => address.includes(':') === dst.includes(':');
  const gateway = gw ?? own.map((ip) => ip.gateway).find((address) => address !== undefined && sameFamily(address));
  return gateway === undefined ? { destination: dst } : { destination: dst, gateway };
}

function guestDns({ dns }: CniResult, host: readonly ResolvConf[]): GuestNetwork['dns'] {
  const reachable = (servers: readonly string[]) =>
    servers.filter((server) => isIP(server) !== 0 && !isLoopbackServer(server)).slice(0, maxServers);
  const own = reachable(dns.nameservers ?? []);
  const search = [...new Set([...(dns.domain === undefined ? [] : [dns.domain]), ...(dns.search ?? [])])];
  const saysNothing = (dns.nameservers ?? []).length === 0 && search.length === 0;
  const servers = own.length > 0 ? own : (host.map((file) => reachable(file.servers)).find(isFilled) ?? []);
  return {
    servers,
    search: saysNothing ? (host[0]?.search ?? []) : search,
    options: saysNothing ? (host[0]?.options ?? []) : (dns.options ?? []),
  };
}

function isFilled(list: readonly string[]): boolean {
  return list.length > 0;
}

function checkAddress(text: string, network: string): void {
  if (isIP(text) !== 0) return;
  throw new FirekilnError('CNI_PLUGIN_FAILED', `the CNI network ${network} gave ${JSON.stringify(text)} as an address`);
}

function checkedMac(mac: string | undefined, network: string): string {
  if (mac !== undefined && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(mac)) return mac;
  throw new FirekilnError('CNI_PLUGIN_FAILED', `the CNI network ${network} gave the VM no MAC address`);
}
