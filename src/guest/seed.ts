import { byteStringFromText } from '../base/byte-string.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { quoteWord } from '../base/process.ts';
import { type CpioEntry, writeCpio } from '../formats/cpio/cpio.ts';
import type { NetworkAttachment } from '../net/provider.ts';

/** What the appliance is told about the VM that it is in. */
export interface Seed {
  readonly hostname: string;
  readonly control: 'virtio-serial' | 'vsock';
  readonly driveCount: number;
  readonly network: NetworkAttachment | undefined;
  /** OpenSSH's private key file. */
  readonly hostKey: string;
  readonly authorizedKey: string;
}

/**
 * The archive that comes after the appliance's initramfs: `/seed/settings`, sourced by guest/start, and the keys. Both
 * are in the guest's memory only, and guest/start moves them out of the way of everything else.
 */
export function writeSeed(seed: Seed): Buffer {
  const file = (path: string, data: Buffer): CpioEntry => ({
    path: byteStringFromText(path),
    mode: 0o600,
    content: { kind: 'file', data },
  });
  const settings = Object.entries(settingsOf(seed)).map(([name, value]) => `${name}=${quoteWord(value)}\n`);
  return writeCpio([
    { path: byteStringFromText('seed'), mode: 0o700, content: { kind: 'directory' } },
    file('seed/settings', Buffer.from(settings.join(''))),
    file('seed/host_key', Buffer.from(seed.hostKey)),
    file('seed/authorized_keys', Buffer.from(seed.authorizedKey)),
  ]);
}

function settingsOf({ hostname, control, driveCount, network }: Seed): Readonly<Record<string, string>> {
  const base = { HOSTNAME: checkHostname(hostname), CONTROL: control, DRIVES: String(driveCount) };
  if (network === undefined) return { ...base, NETWORK: 'none' };
  const { dns } = network;
  return {
    ...base,
    NETWORK: network.dhcp ? 'dhcp' : 'static',
    ADDRESSES: network.addresses.join(' '),
    // Each a destination and its gateway, or `-` where it is on the link.
    ROUTES: network.routes.map(({ destination, gateway }) => `${destination},${gateway ?? '-'}`).join(' '),
    MTU: network.mtu === undefined ? '' : String(network.mtu),
    NAMESERVERS: dns.servers.join(' '),
    SEARCH: dns.search.join(' '),
    RESOLVER_OPTIONS: (dns.options ?? []).join(' '),
  };
}

/** hostname(7): letters, digits, hyphens and dots, at most 64 in all on Linux. */
function checkHostname(hostname: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(hostname)) return hostname;
  throw new FirekilnError('VM_SPEC_INVALID', `${JSON.stringify(hostname)} can not be a host name`, {
    hint: 'Letters, digits, "-" and ".", at most 64.',
  });
}
