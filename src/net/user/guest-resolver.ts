import { isIP } from 'node:net';
import { isLoopbackServer, maxServers, parseResolvConf } from '../resolv-conf.ts';

export interface GuestResolver {
  /** What the guest is told. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** Set where the host's servers can't be reached from a guest: passt carries what is sent there to this one. */
  readonly forwardTo?: string;
}

/** The address that stands for the host's own resolver inside guests; any that no network uses. */
export const forwardAddress = '169.254.1.1';

/**
 * What a guest needs to resolve names as its host does, from the texts of resolv.conf(5) files, the first with a server
 * that is not on a loopback address (systemd-resolved lists its upstreams in a second file).
 */
export function guestResolver(files: readonly string[]): GuestResolver {
  const parsed = files.map(parseResolvConf);
  const direct = parsed.find(({ servers }) => servers.some((server) => !isLoopbackServer(server)));
  const { search, options } = parsed[0] ?? { search: [], options: [] };
  if (direct !== undefined) {
    const servers = direct.servers.filter((server) => !isLoopbackServer(server)).slice(0, maxServers);
    return { servers, search, options };
  }
  // resolv.conf(5): without any server the one on this machine is meant.
  const [own = '127.0.0.1'] = parsed.flatMap(({ servers }) => servers).filter((server) => isIP(server) === 4);
  return { servers: [forwardAddress], search, options, forwardTo: own };
}
