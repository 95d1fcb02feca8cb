import { byteStringFromText } from '../base/byte-string.ts';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import { quoteWord } from '../base/quote-command.ts';
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
  return writeCpio([
    folder('seed'),
    file('seed/settings', shellVariables(settingsOf(seed))),
    file('seed/host_key', seed.hostKey),
    file('seed/authorized_keys', seed.authorizedKey),
  ]);
}

/**
 * The archive for a VM that runs an image without a Firekiln beside it (guest/run/alone.sh).
 *
 * @param seed.files What is to lie in /run/firekiln/vm.
 */
export function writeLoneSeed(seed: {
  readonly hostname: string;
  readonly driveCount: number;
  readonly files: Readonly<Record<string, string>>;
}): Buffer {
  return writeCpio([
    folder('seed'),
    file('seed/settings', shellVariables(settingsOf({ ...seed, control: 'none', network: undefined }))),
    folder('seed/vm'),
    ...Object.entries(seed.files).map(([name, text]) => file(`seed/vm/${name}`, text)),
  ]);
}

/** Lines that a POSIX shell can source. */
export function shellVariables(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoteWord(value)}\n`)
    .join('');
}

function folder(path: string): CpioEntry {
  return { path: byteStringFromText(path), mode: 0o700, content: { kind: 'directory' } };
}

function file(path: string, text: string): CpioEntry {
  return { path: byteStringFromText(path), mode: 0o600, content: { kind: 'file', data: Buffer.from(text) } };
}

type Settings = Pick<Seed, 'hostname' | 'driveCount' | 'network'> & { readonly control: Seed['control'] | 'none' };

function settingsOf({ hostname, control, driveCount, network }: Settings): Readonly<Record<string, string>> {
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
