import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { systemCode } from '../../base/system-error.ts';
import type { CniArgs } from '../../formats/cni/cni-args.ts';
import { cniLimits } from '../../formats/cni/cni-limits.ts';
import { type CniResult, encodeCniResult } from '../../formats/cni/cni-result.ts';
import { newestVersion } from '../../formats/cni/cni-version.ts';
import { type CniNetwork, parseNetwork } from '../../formats/cni/parse-network.ts';
import { cniResultOf } from '../../formats/cni/parse-result.ts';
import type { ChainRun } from './chain.ts';
import { readBounded } from './read-bounded.ts';

/**
 * Everything that another process needs to undo an attach, whatever has become of the configuration since: written
 * before anything is made, and again with each result of a plugin.
 */
export interface AttachRecord {
  readonly run: ChainRun;
  readonly cacheDir: string;
  /** What the plugins so far have made. */
  readonly result?: CniResult | undefined;
}

const suffix = '.json';

export function recordPath(stateDir: string, vmId: string): string {
  return join(stateDir, `${vmId}${suffix}`);
}

export async function writeRecord(path: string, { run, cacheDir, result }: AttachRecord): Promise<void> {
  const { network, version, ...rest } = run;
  const { name, disableCheck, disableGC, plugins } = network;
  const config = {
    cniVersion: version,
    name,
    disableCheck,
    disableGC,
    loadOnlyInlinedPlugins: true,
    plugins: plugins.map((plugin) => plugin.config),
  };
  const value = {
    ...rest,
    cacheDir,
    network: config,
    text: network.text,
    ...(result === undefined ? {} : { result: encodeCniResult(result, '1.1.0') }),
  };
  // Arguments of plugins may be secret.
  await writeFileAtomic(path, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600 });
}

/** Undefined if there is none. Throws CNI_CONFIG_INVALID if it is damaged. */
export async function readRecord(path: string): Promise<AttachRecord | undefined> {
  let text: string;
  try {
    text = await readBounded(path, 8 * cniLimits.bytes);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as StoredRecord;
    const network: CniNetwork = { ...parseNetwork(JSON.stringify(value.network), path), text: value.text };
    const version = newestVersion(network.versions);
    if (version === undefined) throw new Error('no version');
    const { binDirs, containerId, netns, ifName, args, capabilityArgs, cacheDir } = value;
    return {
      run: { network, version, binDirs, containerId, netns, ifName, args, capabilityArgs },
      cacheDir,
      result: value.result === undefined ? undefined : cniResultOf(value.result, path),
    };
  } catch (cause) {
    throw new FirekilnError('CNI_CONFIG_INVALID', `${path} is damaged`, {
      hint: 'docs/network.md says how to free by hand what a VM had; then remove the file.',
      cause,
    });
  }
}

/** The ids of VMs that have a record. */
export async function listRecords(stateDir: string): Promise<readonly string[]> {
  try {
    const names = await readdir(stateDir);
    return names.filter((name) => name.endsWith(suffix) && !name.startsWith('.')).map((name) => name.slice(0, -5));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

interface StoredRecord {
  readonly network: unknown;
  readonly text: string;
  readonly binDirs: readonly string[];
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  readonly args: CniArgs;
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
  readonly cacheDir: string;
  readonly result?: unknown;
}
