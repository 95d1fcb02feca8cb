import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { type RunningProcess, startProcess } from '../../base/process.ts';
import type { AttachOptions, NetworkProvider } from '../provider.ts';
import { resolverFiles } from '../resolv-conf.ts';
import { guestResolver } from './guest-resolver.ts';
import { helperOptions } from './helper-options.ts';
import { type PasstRecord, processStart } from './passt-record.ts';
import { refusalRules, tapDevices, tapRules } from './tap-rules.ts';
import { untilReady } from './until-ready.ts';
import {
  checkedId,
  createUserNetworkProvider,
  guestNetwork,
  hostAddresses,
  readTexts,
  translationArguments,
} from './user-provider.ts';
import { type Namespaces, runInside, startNamespaces } from './vm-namespaces.ts';

export interface TapUserNetworkOptions {
  /** Path of pasta. */
  readonly binary: string;
  /** Where records of attached VMs are kept; made if it is not there. */
  readonly stateDir: string;
}

/** How often the host's addresses are asked for. */
const lookEveryMs = 5000;
/** What Firecracker's network card can take; pasta would offer more. */
const mtu = 1500;

interface Attached {
  readonly processes: RunningProcess[];
  timer?: NodeJS.Timeout;
}

/**
 * The `user` network for VMMs that want a tap: a network namespace of the VM's own, in a user namespace, with pasta(1) at
 * its other end. It ends with this process. See {@link tapRules} for what a guest may not reach.
 */
export function createTapUserNetworkProvider({ binary, stateDir }: TapUserNetworkOptions): NetworkProvider {
  const running = new Map<string, Attached>();
  // Records are the same, and what a killed process has left.
  const recorded = createUserNetworkProvider({ binary, stateDir });

  async function detach(vmId: string): Promise<void> {
    const own = running.get(vmId);
    running.delete(vmId);
    clearInterval(own?.timer);
    for (const each of own?.processes ?? []) await each.stop();
    await recorded.detach(vmId);
  }

  return {
    name: 'user',
    detach,
    attach: async (options) => {
      const { vmId, runDir, signal } = options;
      throwIfAborted(signal, `attaching ${vmId} to the network`);
      const record = join(stateDir, `${checkedId(vmId)}.json`);
      const folder = join(runDir, 'net');
      await mkdir(stateDir, { recursive: true, mode: 0o700 });
      await mkdir(folder, { mode: 0o700 });
      await writeFileAtomic(record, JSON.stringify({ pid: process.pid, start: '', folder } satisfies PasstRecord));
      const attached: Attached = { processes: [] };
      running.set(vmId, attached);
      try {
        const space = await startNamespaces(options, (keeper) => attached.processes.push(keeper));
        const resolver = guestResolver(await readTexts(resolverFiles));
        const pasta = await startProcess(binary, {
          args: [
            ['--foreground', '--stderr', '--ns-ifname', tapDevices.outside, '--mtu', String(mtu)],
            ['--tcp-ns', 'none', '--udp-ns', 'none', ...translationArguments(resolver), String(space.pid)],
          ].flat(),
          cwd: '/',
          ...helperOptions(),
        });
        attached.processes.unshift(pasta);
        const start = (await processStart(pasta.pid)) ?? '';
        await writeFileAtomic(record, JSON.stringify({ pid: pasta.pid, start, folder } satisfies PasstRecord));
        await untilReady(pasta, {
          isReady: async () =>
            (await readFile(`/proc/${space.pid}/net/dev`, 'utf8').catch(() => '')).includes(`${tapDevices.outside}:`),
          failure: `pasta gave ${vmId} no network`,
          hint: 'pasta needs a /dev/net/tun that users may open, and a default route of the host.',
          signal,
        });
        const known = new Set(hostAddresses());
        await plug(space, { ...options, rules: [...tapRules(resolver.servers), ...refusalsOf(known)] });
        attached.timer = setInterval(() => void refuseNew(space, known, options), lookEveryMs).unref();
        const paths = { netnsPath: space.netns, ...(space.userns === undefined ? {} : { usernsPath: space.userns }) };
        return {
          kind: 'tap',
          tapName: tapDevices.guest,
          ...paths,
          ...guestNetwork(vmId, resolver),
          mtu,
        };
      } catch (error) {
        await detach(vmId);
        throw error;
      }
    },
  };
}

async function plug(
  space: Namespaces,
  { tapOwner, rules, signal }: AttachOptions & { readonly rules: readonly string[] },
): Promise<void> {
  const { guest, outside, nowhere } = tapDevices;
  // In a user namespace its only user is 0, whoever that is outside.
  const owner = space.userns === undefined ? (tapOwner ?? { uid: 0, gid: 0 }) : { uid: 0, gid: 0 };
  const links = [
    `tuntap add dev ${guest} mode tap user ${owner.uid} group ${owner.gid}`,
    `tuntap add dev ${nowhere} mode tap`,
    `link set dev ${guest} mtu ${mtu} up`,
    `link set dev ${outside} up`,
  ];
  await runInside(
    space,
    'sh',
    ['-c', 'for i in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 >$i; done'],
    '',
    signal,
  );
  await runInside(space, 'ip', ['-batch', '-'], links.join('\n'), signal);
  await runInside(space, 'tc', ['-batch', '-'], rules.join('\n'), signal);
}

function refusalsOf(addresses: Iterable<string>): readonly string[] {
  return refusalRules([...addresses].map((address) => [address, address.includes(':') ? 128 : 32]));
}

/** The host has got another address. */
async function refuseNew(space: Namespaces, known: Set<string>, { vmId, emitter }: AttachOptions): Promise<void> {
  const added = hostAddresses().filter((address) => !known.has(address));
  if (added.length === 0) return;
  try {
    await runInside(space, 'tc', ['-batch', '-'], refusalsOf(added).join('\n'), undefined);
    for (const address of added) known.add(address);
  } catch (error) {
    emitter.message('warn', `${vmId} may reach this host at ${added.join(', ')}: ${String(error)}`);
  }
}
