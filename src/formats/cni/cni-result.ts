import type { CniVersion } from './cni-version.ts';

/**
 * What a plugin says it has made: the "Success" result of the CNI specification in the shape of version 1.1.0, which
 * holds what all earlier ones (from 0.3.0) have.
 */
export interface CniResult {
  readonly interfaces: readonly CniInterface[];
  readonly ips: readonly CniAddress[];
  readonly routes: readonly CniRoute[];
  readonly dns: CniDns;
}

export interface CniInterface {
  readonly name: string;
  readonly mac?: string | undefined;
  /** Path of the network namespace, or the id of the VM; absent for interfaces of the host. */
  readonly sandbox?: string | undefined;
  /** In bytes; since 1.1.0, as are the next two. */
  readonly mtu?: number | undefined;
  readonly socketPath?: string | undefined;
  readonly pciID?: string | undefined;
}

export interface CniAddress {
  /** `address/prefix`. */
  readonly address: string;
  readonly gateway?: string | undefined;
  /** Index into the interfaces. */
  readonly interface?: number | undefined;
}

export interface CniRoute {
  /** `address/prefix`. */
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

export interface CniDns {
  readonly nameservers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

/** The result as JSON of a version; what that version does not know is left out. */
export function encodeCniResult(result: CniResult, version: CniVersion): Record<string, unknown> {
  const isNewest = version === '1.1.0';
  const hasIpVersion = version !== '1.0.0' && !isNewest;
  const { interfaces, ips, routes, dns } = result;
  const { nameservers, domain, search, options } = dns;
  const isEmptyDns = [nameservers, search, options].every((list) => (list?.length ?? 0) === 0) && !domain;
  return {
    cniVersion: version,
    interfaces: interfaces.map(({ name, mac, sandbox, mtu, socketPath, pciID }) => ({
      name,
      ...defined({ mac, sandbox }),
      ...(isNewest ? defined({ mtu, socketPath, pciID }) : {}),
    })),
    ips: ips.map(({ address, gateway, interface: index }) => ({
      ...(hasIpVersion ? { version: address.includes(':') ? '6' : '4' } : {}),
      address,
      ...defined({ gateway, interface: index }),
    })),
    routes: routes.map(({ dst, gw, ...more }) => ({ dst, ...defined({ gw }), ...(isNewest ? defined(more) : {}) })),
    ...(isEmptyDns ? {} : { dns: defined({ nameservers, domain, search, options }) }),
  };
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
