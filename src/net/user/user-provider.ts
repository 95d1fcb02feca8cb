import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { delay, throwIfAborted } from '../../base/abort.ts';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { type RunningProcess, startProcess } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';
import type { GuestNetwork, NetworkAttachment, NetworkProvider } from '../provider.ts';
import { resolverFiles } from '../resolv-conf.ts';
import { FilteredSocket } from './filtered-socket.ts';
import { FrameFilter } from './frame-filter.ts';
import { forwardAddress, type GuestResolver, guestResolver } from './guest-resolver.ts';
import { helperOptions, isRoot, nobody } from './helper-options.ts';
import { type PasstRecord, processStart, readPasstRecord } from './passt-record.ts';
import { untilReady } from './until-ready.ts';

export interface UserNetworkOptions {
  /** Path of passt. */
  readonly binary: string;
  /** Where records of attached VMs are kept; made if it is not there. */
  readonly stateDir: string;
}

const stopDeadlineMs = 5000;
const socketName = 'net.sock';

interface Attached {
  readonly passt: RunningProcess;
  socket?: FilteredSocket;
}

/**
 * Networking without root: passt(1) turns what the guest sends into sockets of an ordinary user. Nothing listens on the
 * host, and what a guest may not reach there is dropped on the way to passt: see {@link FrameFilter}. The guest's
 * traffic passes through this process, so the network ends with it.
 */
export function createUserNetworkProvider({ binary, stateDir }: UserNetworkOptions): NetworkProvider {
  const running = new Map<string, Attached>();
  const recordPath = (vmId: string) => join(stateDir, `${checkedId(vmId)}.json`);

  return {
    name: 'user',
    attach: async (options) => {
      const { vmId, runDir, signal } = options;
      throwIfAborted(signal, `attaching ${vmId} to the network`);
      const record = recordPath(vmId);
      const folder = join(runDir, 'net');
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await mkdir(folder, { mode: 0o700 });
      // Known before anything runs, so that detach finds what a killed attach has left.
      await writeFileAtomic(record, JSON.stringify({ pid: process.pid, start: '', folder } satisfies PasstRecord));
      try {
        if (isRoot()) await chown(folder, nobody, nobody);
        const resolver = guestResolver(await readTexts(resolverFiles));
        // Unique, since the system lists sockets by the name under which they were bound.
        const name = `${randomBytes(6).toString('hex')}.sock`;
        const passt = await startProcess(binary, {
          args: passtArguments(name, resolver),
          cwd: folder,
          ...helperOptions(),
        });
        const attached: Attached = { passt };
        running.set(vmId, attached);
        const start = (await processStart(passt.pid)) ?? '';
        await writeFileAtomic(record, JSON.stringify({ pid: passt.pid, start, folder } satisfies PasstRecord));
        await untilReady(passt, {
          isReady: async () => await isListening(name),
          failure: `passt gave ${vmId} no network`,
          hint: 'passt needs unprivileged user namespaces and a default route of the host.',
          signal,
        });
        const path = join(runDir, socketName);
        const filter = new FrameFilter({ hostAddresses, resolvers: resolver.servers });
        attached.socket = await FilteredSocket.listen({
          path,
          upstream: join(folder, name),
          passes: (frame) => filter.passes(frame),
        });
        return attachment(path, vmId, resolver);
      } catch (error) {
        await detach(vmId);
        throw error;
      }
    },
    detach,
  };

  async function detach(vmId: string): Promise<void> {
    const path = recordPath(vmId);
    const own = running.get(vmId);
    running.delete(vmId);
    own?.socket?.close();
    await own?.passt.stop();
    const record = await readPasstRecord(path);
    if (record !== undefined) {
      if (own === undefined && record.start !== '') await endProcess(record);
      await rm(record.folder, { recursive: true, force: true });
      await rm(join(dirname(record.folder), socketName), { force: true });
    }
    await rm(path, { force: true });
  }
}

function passtArguments(socket: string, resolver: GuestResolver): string[] {
  return ['--foreground', '--stderr', '--one-off', '--socket', socket, ...translationArguments(resolver)];
}

/** What passt and pasta are told alike. */
export function translationArguments(resolver: GuestResolver): string[] {
  const forward = resolver.forwardTo;
  return [
    // The gateway is the gateway, not the host; no port of the host leads into the guest.
    ['--no-map-gw', '--tcp-ports', 'none', '--udp-ports', 'none'],
    forward === undefined ? resolver.servers.flatMap((server) => ['--dns', server]) : ['--dns', forward],
    forward === undefined ? [] : ['--dns-forward', forwardAddress],
    ['--search', resolver.search.length === 0 ? 'none' : resolver.search.join(' ')],
  ].flat();
}

function attachment(socketPath: string, vmId: string, resolver: GuestResolver): NetworkAttachment {
  return { kind: 'stream-socket', socketPath, ...guestNetwork(vmId, resolver) };
}

/** What the guest is told. */
export function guestNetwork(vmId: string, { servers, search, options }: GuestResolver): GuestNetwork {
  const unique = createHash('sha256').update(vmId).digest('hex');
  return {
    // Locally administered, unicast.
    mac: `02:${(unique.slice(0, 10).match(/../g) ?? []).join(':')}`,
    addresses: [],
    dhcp: true,
    routes: [],
    dns: { servers, search, options },
    published: [],
  };
}

/** A connection would be taken for the VM's, so the system's list of sockets is asked. */
async function isListening(name: string): Promise<boolean> {
  const flagListening = '00010000';
  const sockets = await readFile('/proc/net/unix', 'utf8');
  return sockets.split('\n').some((line) => line.endsWith(name) && line.includes(` ${flagListening} `));
}

async function endProcess({ pid, start }: PasstRecord): Promise<void> {
  const deadline = performance.now() + stopDeadlineMs;
  while ((await processStart(pid)) === start) {
    const signal = performance.now() > deadline ? 'SIGKILL' : 'SIGTERM';
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemCode(error) === 'ESRCH') return;
      throw error;
    }
    if (signal === 'SIGKILL' && performance.now() > deadline + stopDeadlineMs) return;
    await delay(20);
  }
}

export function hostAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}

export async function readTexts(paths: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map(async (path) => await readFile(path, 'utf8').catch(() => undefined)));
  return texts.filter((text) => text !== undefined);
}

/** Names of files are made of it. */
export function checkedId(vmId: string): string {
  if (/^[A-Za-z0-9-]{1,60}$/.test(vmId)) return vmId;
  throw new FirekilnError('NETWORK_FAILED', `${JSON.stringify(vmId)} can not be the id of a VM`);
}
