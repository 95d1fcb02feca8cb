import { isIP } from 'node:net';

/** What resolv.conf(5) says. */
export interface ResolvConf {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** The C library asks no more servers than these. */
export const maxServers = 3;

/** The host's resolver files: systemd-resolved lists its upstream servers in the second. */
export const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

export function parseResolvConf(text: string): ResolvConf {
  const servers: string[] = [];
  let search: string[] = [];
  const options: string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    const [first] = values;
    // An address with a zone means something on its own host only.
    if (word === 'nameserver' && first !== undefined && isIP(first) !== 0 && !first.includes('%')) servers.push(first);
    else if (word === 'search' || word === 'domain') search = values;
    else if (word === 'options') options.push(...values);
  }
  return { servers, search, options };
}

/** Whether a server can be asked from its own host only. */
export function isLoopbackServer(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.toLowerCase().startsWith('::ffff:127.');
}
