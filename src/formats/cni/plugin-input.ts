import { type CniResult, encodeCniResult } from './cni-result.ts';
import type { CniVersion } from './cni-version.ts';
import type { CniNetwork, CniPlugin } from './parse-network.ts';

export interface PluginInput {
  readonly network: CniNetwork;
  readonly plugin: CniPlugin;
  readonly version: CniVersion;
  /** What the plugins before it have made. */
  readonly previous?: CniResult | undefined;
  /** Values of `runtimeConfig` by capability; a plugin gets those that it says it can take. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
  /** Further keys, such as those of GC. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** What a plugin reads from its standard input: its own configuration and what the runtime adds. */
export function pluginInput(input: PluginInput): string {
  const { network, plugin, version, previous, capabilityArgs = {}, more = {} } = input;
  const runtimeConfig = Object.entries(capabilityArgs).filter(([name]) => plugin.capabilities.includes(name));
  return JSON.stringify({
    ...plugin.config,
    ...more,
    name: network.name,
    cniVersion: version,
    ...(previous === undefined ? {} : { prevResult: encodeCniResult(previous, version) }),
    ...(runtimeConfig.length === 0 ? {} : { runtimeConfig: Object.fromEntries(runtimeConfig) }),
  });
}
