import { isIP } from 'node:net';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { classifyAddress } from './address-class.ts';

/**
 * Where a fetch on behalf of a Dockerfile may go (docs/design.md, "Trust"): never to link-local addresses; to loopback
 * and private ones only with `[sources] allow_private`, or where the operator's own configuration names the host.
 */
export interface AddressPolicy {
  readonly allowPrivate: boolean;
  /** Hosts (`host` or `host:port`, as in a URL) that the configuration names: private addresses are allowed for them. */
  readonly trustedHosts: ReadonlySet<string>;
}

/** Throws ADDRESS_REFUSED if the policy forbids to connect to `address` for `url`. */
export function checkAddress(address: string, url: URL, policy: AddressPolicy): void {
  const kind = classifyAddress(address);
  if (kind === 'public') return;
  if (kind === 'link-local') {
    throw new FirekilnError(
      'ADDRESS_REFUSED',
      `${url.host} leads to ${address}, an address of this link or of a cloud's metadata service`,
    );
  }
  if (policy.allowPrivate || policy.trustedHosts.has(url.host) || policy.trustedHosts.has(url.hostname)) return;
  throw new FirekilnError('ADDRESS_REFUSED', `${url.host} leads to the private address ${address}`, {
    hint: 'config.toml allows it: `[sources] allow_private = true`, or a `[registry."HOST"]` section for one registry.',
  });
}

/** The IP address that a URL names literally, or undefined if it names a host. */
export function literalAddress(url: URL): string | undefined {
  const bare = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return isIP(bare) === 0 ? undefined : bare;
}
