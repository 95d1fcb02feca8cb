import { readFile } from 'node:fs/promises';
import { throwIfAborted } from '../../base/abort.ts';
import type { FileLock } from '../../base/lock.ts';
import type { CniResult } from '../../formats/cni/cni-result.ts';
import { listLinks } from '../links.ts';
import { networkFacts } from '../network-facts.ts';
import type { AttachOptions, NetworkAttachment, NetworkProvider } from '../provider.ts';
import { parseResolvConf, type ResolvConf, resolverFiles } from '../resolv-conf.ts';
import { type AttachRecord, writeRecord } from './attach-record.ts';
import { AttachedVms } from './attached-vms.ts';
import { addChain, type ChainRun } from './chain.ts';
import { chooseVersion } from './choose-version.ts';
import { findNetwork } from './find-network.ts';
import { guestFacts } from './guest-facts.ts';
import { collectNetworkGarbage, networkStatus } from './maintain-network.ts';
import { createNetns, netnsPath } from './netns.ts';
import { listCached, writeCached } from './result-cache.ts';
import { shieldLoopback } from './shield-loopback.ts';

export interface CniNetworkOptions {
  /** Name of the network. */
  readonly network: string;
  /** Where configurations are looked for. */
  readonly confDirs: readonly string[];
  /** Where plugins are looked for. */
  readonly binDirs: readonly string[];
  /** Results are kept in its `results`, as libcni does. */
  readonly cacheDir: string;
  /** Where records of attached VMs are kept; made if it is not there. */
  readonly stateDir: string;
  /** Where the network namespaces get their paths. */
  readonly netnsDir: string;
}

export interface CniNetworkProvider extends NetworkProvider {
  /** Asks the plugins whether they could serve a VM; true if they can be asked (CNI 1.1.0). */
  status(signal?: AbortSignal): Promise<boolean>;
  /** Lets the plugins free what belongs to no attachment that is known; true if they can be asked (CNI 1.1.0). */
  collectGarbage(signal?: AbortSignal): Promise<boolean>;
}

const ifName = 'eth0';

/** Networks made by CNI plugins, in a network namespace for each VM. Needs root. */
export function createCniNetworkProvider(options: CniNetworkOptions): CniNetworkProvider {
  const { binDirs } = options;
  const vms = new AttachedVms(options.stateDir);
  const owned = new Map<string, FileLock>();

  return {
    name: 'cni',
    attach: async (request) => {
      throwIfAborted(request.signal, `attaching ${request.vmId} to the network`);
      const { network } = await findNetwork(options.network, options.confDirs);
      const run: ChainRun = {
        network,
        version: await chooseVersion(network, binDirs),
        binDirs,
        containerId: request.vmId,
        netns: netnsPath(options.netnsDir, request.vmId),
        ifName,
        args: cniArgs(request),
        capabilityArgs: capabilityArgs(request),
      };
      if (!owned.has(request.vmId)) owned.set(request.vmId, await vms.own(request.vmId));
      await using _lock = await vms.lock(request.vmId, request.signal);
      await vms.undo(request.vmId);
      try {
        return await make({ run, cacheDir: options.cacheDir }, request);
      } catch (error) {
        await vms.undo(request.vmId).catch((also: unknown) => {
          const words = also instanceof Error ? also.message : String(also);
          request.emitter.message('warn', `not all of the network of ${request.vmId} could be undone: ${words}`);
        });
        await disown(request.vmId);
        throw error;
      }
    },
    detach: async (vmId) => {
      try {
        await vms.detach(vmId);
      } finally {
        await disown(vmId);
      }
    },
    status: async (signal) => {
      const { network } = await findNetwork(options.network, options.confDirs);
      return await networkStatus({ network, version: await chooseVersion(network, binDirs), binDirs, signal });
    },
    collectGarbage: async (signal) => {
      const { network } = await findNetwork(options.network, options.confDirs);
      const version = await chooseVersion(network, binDirs);
      return await vms.alone(network.name, signal, async () => {
        const valid = await listCached(options.cacheDir, network.name);
        return await collectNetworkGarbage({ network, version, binDirs, signal }, valid);
      });
    },
  };

  async function disown(vmId: string): Promise<void> {
    await owned.get(vmId)?.releaseAndRemove();
    owned.delete(vmId);
  }

  async function make(record: AttachRecord, request: AttachOptions): Promise<NetworkAttachment> {
    const { run, cacheDir } = record;
    const { vmId, signal, emitter, publish } = request;
    const { network, netns } = run;
    const path = vms.recordPath(vmId);
    await writeRecord(path, record);
    await createNetns(netns, signal);
    const keep = async (result: CniResult) => await writeRecord(path, { ...record, result });
    const { containerId, args, capabilityArgs } = run;
    const cached = { containerId, ifName, networkName: network.name, netns, args, capabilityArgs };
    const result = await vms.alone(network.name, signal, async () => {
      const last = await addChain(run, keep, signal);
      await writeCached(cacheDir, { ...cached, config: network.text, result: last }, run.version);
      return last;
    });
    const facts = guestFacts(result, vmId, network.name, await hostResolvers());
    await shieldLoopback(netns, facts.tapName, signal);
    const tap = (await listLinks(netns, signal)).find(({ name }) => name === facts.tapName);
    const { vethName, dns, ...rest } = facts;
    if (dns.servers.length === 0) {
      emitter.message('warn', `neither the CNI network ${network.name} nor this host has a DNS server for guests`);
    }
    const attachment: NetworkAttachment = {
      kind: 'tap',
      netnsPath: netns,
      ...rest,
      dhcp: false,
      dns,
      ...(tap === undefined ? {} : { mtu: tap.mtu }),
      ...(vethName === undefined ? {} : { vethName }),
      published: mapsPorts(network.plugins) ? publish : [],
    };
    emitter
      .with({ vmId, ...networkFacts(attachment) })
      .message('debug', `${vmId} is attached to the CNI network ${network.name}`);
    return attachment;
  }
}

function cniArgs({ tapOwner }: AttachOptions): ChainRun['args'] {
  const { uid, gid } = tapOwner ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
  return [
    // Plugins refuse arguments that they don't know unless told so.
    ['IgnoreUnknown', '1'],
    ['TC_REDIRECT_TAP_UID', String(uid)],
    ['TC_REDIRECT_TAP_GID', String(gid)],
  ];
}

function capabilityArgs({ publish }: AttachOptions): ChainRun['capabilityArgs'] {
  if (publish.length === 0) return {};
  return {
    portMappings: publish.map(({ hostAddress, hostPort, guestPort, protocol }) => ({
      hostPort,
      containerPort: guestPort,
      protocol,
      ...(hostAddress === '' ? {} : { hostIP: hostAddress }),
    })),
  };
}

function mapsPorts(plugins: ChainRun['network']['plugins']): boolean {
  return plugins.some(({ capabilities }) => capabilities.includes('portMappings'));
}

async function hostResolvers(): Promise<readonly ResolvConf[]> {
  const texts = await Promise.all(resolverFiles.map(async (path) => await readFile(path, 'utf8').catch(() => '')));
  return texts.map(parseResolvConf);
}
