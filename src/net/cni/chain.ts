import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import type { CniArgs } from '../../formats/cni/cni-args.ts';
import type { CniResult } from '../../formats/cni/cni-result.ts';
import { type CniVersion, isAtLeast } from '../../formats/cni/cni-version.ts';
import type { CniNetwork, CniPlugin } from '../../formats/cni/parse-network.ts';
import { parseCniResult } from '../../formats/cni/parse-result.ts';
import { pluginInput } from '../../formats/cni/plugin-input.ts';
import { findPlugin } from './find-plugin.ts';
import { type CniCommand, runPlugin } from './run-plugin.ts';

/** One interface of one VM on a network: what every command for it needs. */
export interface ChainRun {
  readonly network: CniNetwork;
  readonly version: CniVersion;
  readonly binDirs: readonly string[];
  readonly containerId: string;
  /** Path of the network namespace; empty if it is gone. */
  readonly netns: string;
  readonly ifName: string;
  readonly args: CniArgs;
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
}

/**
 * ADD through the chain of plugins, each given the result of the one before. `onResult` hears of each result before
 * the next plugin runs. Nothing is undone here.
 */
export async function addChain(
  run: ChainRun,
  onResult: (result: CniResult) => Promise<void>,
  signal?: AbortSignal,
): Promise<CniResult> {
  let result: CniResult | undefined;
  for (const plugin of run.network.plugins) {
    const output = await call('ADD', run, plugin, result, signal);
    result = parseCniResult(output, `result of the CNI plugin ${plugin.type}`);
    await onResult(result);
  }
  if (result === undefined) throw new Error(`network ${run.network.name} without plugins`);
  return result;
}

/** CHECK through the chain; throws what the first plugin says that finds its work damaged. */
export async function checkChain(run: ChainRun, previous: CniResult | undefined, signal?: AbortSignal): Promise<void> {
  if (run.network.disableCheck) return;
  if (!isAtLeast(run.version, '0.4.0')) {
    throw new FirekilnError(
      'CNI_CONFIG_INVALID',
      `network ${run.network.name}: CNI version ${run.version} has no CHECK; it came with 0.4.0`,
    );
  }
  for (const plugin of run.network.plugins) await call('CHECK', run, plugin, previous, signal);
}

/**
 * DEL through the chain, the last plugin first. One that fails does not keep the others from cleaning up; afterwards
 * the first failure is thrown, with the others as its details.
 */
export async function deleteChain(run: ChainRun, previous: CniResult | undefined): Promise<void> {
  const failures: unknown[] = [];
  for (const plugin of run.network.plugins.toReversed()) {
    try {
      await call('DEL', run, plugin, isAtLeast(run.version, '0.4.0') ? previous : undefined);
    } catch (error) {
      failures.push(error);
    }
  }
  throwFirst(failures);
}

/** Throws the first of several failures, if there are any. */
export function throwFirst(failures: readonly unknown[]): void {
  const [first, ...others] = failures.map((error) => (error instanceof Error ? error : new Error(String(error))));
  if (first === undefined) return;
  if (others.length === 0 || !isFirekilnError(first)) throw first;
  throw new FirekilnError(first.code, first.message, {
    hint: first.hint,
    details: [...(first.details ?? []), ...others.map((error) => error.message)],
    cause: first,
  });
}

async function call(
  command: CniCommand,
  run: ChainRun,
  plugin: CniPlugin,
  previous: CniResult | undefined,
  signal?: AbortSignal,
): Promise<Buffer> {
  const { network, version, binDirs, containerId, netns, ifName, args, capabilityArgs } = run;
  return await runPlugin({
    command,
    path: await findPlugin(plugin.type, binDirs),
    binDirs,
    input: pluginInput({ network, plugin, version, previous, capabilityArgs }),
    containerId,
    netns,
    ifName,
    args,
    signal,
  });
}
