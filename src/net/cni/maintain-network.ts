import { type CniVersion, isAtLeast } from '../../formats/cni/cni-version.ts';
import type { CniNetwork, CniPlugin } from '../../formats/cni/parse-network.ts';
import { pluginInput } from '../../formats/cni/plugin-input.ts';
import { throwFirst } from './chain.ts';
import { findPlugin } from './find-plugin.ts';
import type { AttachmentKey } from './result-cache.ts';
import { type CniCommand, runPlugin } from './run-plugin.ts';

interface Maintenance {
  readonly network: CniNetwork;
  readonly version: CniVersion;
  readonly binDirs: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** STATUS, since CNI 1.1.0: throws what the first plugin says that can't serve an ADD. True if plugins were asked. */
export async function networkStatus(options: Maintenance): Promise<boolean> {
  if (!isAtLeast(options.version, '1.1.0')) return false;
  for (const plugin of options.network.plugins) await call('STATUS', options, plugin, {});
  return true;
}

/**
 * GC, since CNI 1.1.0: plugins free what belongs to no attachment of `valid`, which must hold those of all runtimes
 * that use the network. True if plugins were asked. Throws the first failure after every plugin was asked.
 */
export async function collectNetworkGarbage(options: Maintenance, valid: readonly AttachmentKey[]): Promise<boolean> {
  if (!isAtLeast(options.version, '1.1.0') || options.network.disableGC) return false;
  const attachments = valid.map(({ containerId, ifName }) => ({ containerID: containerId, ifname: ifName }));
  // Both names: the specification and the first libraries differed.
  const more = { 'cni.dev/valid-attachments': attachments, 'cni.dev/attachments': attachments };
  const failures: unknown[] = [];
  for (const plugin of options.network.plugins) {
    try {
      await call('GC', options, plugin, more);
    } catch (error) {
      failures.push(error);
    }
  }
  throwFirst(failures);
  return true;
}

async function call(
  command: CniCommand,
  { network, version, binDirs, signal }: Maintenance,
  plugin: CniPlugin,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = await findPlugin(plugin.type, binDirs);
  await runPlugin({ command, path, binDirs, input: pluginInput({ network, plugin, version, more }), signal });
}
