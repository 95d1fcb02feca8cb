import { isIP } from 'node:net';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { maxExposedPorts } from '../limits.ts';

/** What a word of EXPOSE says: `[[ip:]hostPort:]port[-port][/protocol]`. */
export interface PortSpec {
  readonly first: number;
  readonly last: number;
  /** As written; `tcp` if there is none. */
  readonly protocol: string;
  /** An address or a port of the host is there too, which EXPOSE has no use for. */
  readonly namesHost: boolean;
}

/** Reads one word of EXPOSE, variables expanded. Throws DOCKERFILE_INSTRUCTION without a place. */
export function parsePortSpec(text: string): PortSpec {
  const parts = text.split(':');
  const [port = '', protocol = ''] = splitOnce(parts.at(-1) ?? '', '/');
  const hostPort = parts.at(-2) ?? '';
  const address = parts.slice(0, -2).join(':');
  if (port === '') throw portFault(text, 'it has no port');
  if (!['', 'tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) {
    throw portFault(text, `the protocol ${protocol} is none of tcp, udp and sctp`);
  }
  if (address !== '' && !isAddress(address)) throw portFault(text, `${address} is no IP address`);
  const range = parseRange(port);
  if (range === undefined) throw portFault(text, `${port} is no port or range of ports between 0 and 65535`);
  if (hostPort !== '') checkHostPort(text, hostPort, range);
  return { ...range, protocol: protocol || 'tcp', namesHost: address !== '' || hostPort !== '' };
}

/** `80/tcp` and so on for every port, in order, as the image config lists them. */
export function listPorts(specs: readonly PortSpec[]): string[] {
  const ports: string[] = [];
  for (const { first, last, protocol } of specs) {
    if (ports.length + last - first >= maxExposedPorts) {
      throw new FirekilnError('LIMIT_EXCEEDED', `EXPOSE names more than ${maxExposedPorts} ports`);
    }
    for (let port = first; port <= last; port++) ports.push(`${port}/${protocol.toLowerCase()}`);
  }
  return ports;
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

function checkHostPort(text: string, hostPort: string, range: PortRange): void {
  const host = parseRange(hostPort);
  if (host === undefined) throw portFault(text, `${hostPort} is no port or range of ports of the host`);
  const isSameSize = host.last - host.first === range.last - range.first;
  if (!isSameSize && range.first !== range.last) throw portFault(text, 'its two ranges differ in size');
}

function parseRange(text: string): PortRange | undefined {
  const [start = '', end = start] = splitOnce(text, '-');
  const first = parsePort(start);
  const last = start === end ? first : parsePort(end);
  return first === undefined || last === undefined || last < first ? undefined : { first, last };
}

function parsePort(text: string): number | undefined {
  const value = /^[+-]?[0-9]+$/.test(text) ? Number(text) + 0 : -1;
  return value >= 0 && value <= 65_535 ? Math.abs(value) : undefined;
}

function isAddress(text: string): boolean {
  const bare = /^\[([^[\]]*)\]$/.exec(text)?.[1] ?? text;
  return isIP(bare) !== 0 && !bare.includes('%');
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function portFault(text: string, why: string): FirekilnError {
  return new FirekilnError('DOCKERFILE_INSTRUCTION', `EXPOSE has the word ${JSON.stringify(text)}, but ${why}`, {
    hint: 'EXPOSE takes ports such as 80, 53/udp and 8000-8010.',
  });
}
