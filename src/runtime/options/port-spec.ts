import { isIP } from 'node:net';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { PublishedPort } from '../../net/provider.ts';

/** Where published ports listen if the user names no address: other hosts can't reach them. */
const defaultAddress = '127.0.0.1';
/** Of one `-p`. */
const maxRange = 1024;

/**
 * Reads a value of `-p`: `[ADDRESS:][HOST:]GUEST[/tcp]` as docker has it, with ranges (`8000-8005:80-85`) and IPv6
 * addresses in brackets. Host port 0 means any free one. Throws PORT_INVALID.
 */
export function parsePortSpec(text: string): readonly PublishedPort[] {
  const fail = (why: string, hint?: string): FirekilnError =>
    new FirekilnError('PORT_INVALID', `-p ${JSON.stringify(text)}: ${why}`, {
      hint: hint ?? 'Ports are written as [ADDRESS:][HOST:]GUEST, such as 8080:80.',
    });
  const [ports = '', protocol = 'tcp', ...more] = text.split('/');
  if (more.length > 0) throw fail('more than one "/"');
  if (protocol === 'udp' || protocol === 'sctp') {
    throw fail(`${protocol} ports can not be published`, 'Only TCP is forwarded; from inside, VMs can use UDP.');
  }
  if (protocol !== 'tcp') throw fail(`unknown protocol ${JSON.stringify(protocol)}`);
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(?:([^:[\]]*):)?([^:[\]]*)$/.exec(ports);
  if (match === null) throw fail('not of this form', 'IPv6 addresses stand in brackets: [::1]:8080:80.');
  const [, first, second, guestText = ''] = match;
  // With two fields the first is the host's port.
  const [address, hostText] = second === undefined ? ['', first ?? ''] : [first ?? '', second];
  const hostAddress = address === '' ? defaultAddress : address.replace(/^\[|\]$/g, '');
  if (isIP(hostAddress) === 0) throw fail(`${JSON.stringify(address)} is no IP address`);
  const guest = parseRange(guestText, 1, fail);
  const host = hostText === '' ? undefined : parseRange(hostText, 0, fail);
  if (host !== undefined && host.length !== guest.length) {
    throw fail(`${host.length} host ports for ${guest.length} guest ports`, 'Ranges on both sides have equal length.');
  }
  return guest.map((guestPort, index) => ({
    hostAddress,
    hostPort: host?.[index] ?? 0,
    guestPort,
    protocol: 'tcp' as const,
  }));
}

/** `127.0.0.1:8080->80/tcp`, as `ps` shows it. */
export function formatPort({ hostAddress, hostPort, guestPort, protocol }: PublishedPort): string {
  const address = hostAddress.includes(':') ? `[${hostAddress}]` : hostAddress;
  return `${address}:${hostPort}->${guestPort}/${protocol}`;
}

function parseRange(text: string, least: number, fail: (why: string) => FirekilnError): readonly number[] {
  const [first = '', last = first, ...more] = text.split('-');
  const numbers = [first, last].map((word) => (/^[0-9]{1,5}$/.test(word) ? Number(word) : Number.NaN));
  const [from = Number.NaN, to = Number.NaN] = numbers;
  if (more.length > 0 || !(from >= least && to <= 65535)) {
    throw fail(`${JSON.stringify(text)} is no port from ${least} to 65535`);
  }
  if (to < from) throw fail(`the range ${text} runs backwards`);
  if (to - from >= maxRange) throw fail(`the range ${text} has more than ${maxRange} ports`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
