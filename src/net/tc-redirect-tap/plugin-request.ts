import { parseCniArgs } from '../../formats/cni/cni-args.ts';
import { isCniName, isInterfaceName } from '../../formats/cni/cni-names.ts';
import type { CniResult } from '../../formats/cni/cni-result.ts';
import { type CniVersion, isCniVersion } from '../../formats/cni/cni-version.ts';
import { cniResultOf } from '../../formats/cni/parse-result.ts';
import { failureCodes, PluginFailure } from './plugin-failure.ts';

/** One call of the plugin by a CNI runtime. */
export interface PluginRequest {
  readonly command: string;
  /** Of the network's configuration; undefined if it has none. */
  readonly version: CniVersion | undefined;
  /** The id of the VM. */
  readonly containerId: string;
  /** Path of the network namespace. */
  readonly netns: string;
  /** The interface to connect the tap with. */
  readonly ifName: string;
  /** What the plugins before have made. */
  readonly previous: CniResult | undefined;
  readonly tap: { readonly name: string | undefined; readonly uid: number; readonly gid: number };
}

/** Commands that are about one interface of one VM. */
const forInterface = ['ADD', 'CHECK', 'DEL'];

/** Reads the environment and standard input of the plugin (CNI specification, section 2). Throws PluginFailure. */
export function readRequest(env: NodeJS.ProcessEnv, stdin: string): PluginRequest {
  const command = env.CNI_COMMAND ?? '';
  const config = parseConfig(stdin);
  const version = config.cniVersion;
  if (command !== 'VERSION' && version !== undefined && (typeof version !== 'string' || !isCniVersion(version))) {
    throw new PluginFailure(
      failureCodes.incompatibleVersion,
      'incompatible CNI versions',
      `config is ${JSON.stringify(version)}`,
    );
  }
  const request: PluginRequest = {
    command,
    version: typeof version === 'string' && isCniVersion(version) ? version : undefined,
    containerId: env.CNI_CONTAINERID ?? '',
    netns: env.CNI_NETNS ?? '',
    ifName: env.CNI_IFNAME ?? '',
    previous: previousOf(config),
    tap: tapOf(env.CNI_ARGS ?? ''),
  };
  if (forInterface.includes(command)) checkEnvironment(request);
  return request;
}

function checkEnvironment({ command, containerId, netns, ifName }: PluginRequest): void {
  const wrong = [
    ...(isCniName(containerId) ? [] : ['CNI_CONTAINERID']),
    ...(isInterfaceName(ifName) ? [] : ['CNI_IFNAME']),
    ...(netns !== '' || command === 'DEL' ? [] : ['CNI_NETNS']),
  ];
  if (wrong.length === 0) return;
  throw new PluginFailure(failureCodes.invalidEnvironment, `missing or invalid: ${wrong.join(', ')}`);
}

function parseConfig(stdin: string): Record<string, unknown> {
  try {
    const value: unknown = stdin.trim() === '' ? {} : JSON.parse(stdin);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new PluginFailure(failureCodes.decodingFailure, 'the network configuration is no JSON object');
}

function previousOf({ prevResult }: Record<string, unknown>): CniResult | undefined {
  if (prevResult === undefined || prevResult === null) return undefined;
  try {
    return cniResultOf(prevResult, 'prevResult');
  } catch (error) {
    throw new PluginFailure(failureCodes.decodingFailure, error instanceof Error ? error.message : String(error));
  }
}

/** The arguments that awslabs' tc-redirect-tap knows; all others are left to other plugins. */
function tapOf(text: string): PluginRequest['tap'] {
  const args = parseCniArgs(text);
  if (args === undefined) throw new PluginFailure(failureCodes.invalidEnvironment, 'CNI_ARGS has a pair without "="');
  const name = args.get('TC_REDIRECT_TAP_NAME');
  if (name !== undefined && !isInterfaceName(name)) {
    throw new PluginFailure(
      failureCodes.invalidEnvironment,
      'TC_REDIRECT_TAP_NAME can not be the name of an interface',
    );
  }
  return {
    name,
    uid: id('TC_REDIRECT_TAP_UID', args, process.geteuid?.() ?? 0),
    gid: id('TC_REDIRECT_TAP_GID', args, process.getegid?.() ?? 0),
  };
}

function id(key: string, args: ReadonlyMap<string, string>, otherwise: number): number {
  const text = args.get(key);
  if (text === undefined) return otherwise;
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1) return Number(text);
  throw new PluginFailure(failureCodes.invalidEnvironment, `${key} is not a number that can be an id`);
}
