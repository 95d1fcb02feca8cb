import type { CniArgs } from './cni-args.ts';
import { type CniResult, encodeCniResult } from './cni-result.ts';
import type { CniVersion } from './cni-version.ts';
import { cniResultOf } from './parse-result.ts';

/**
 * One interface of one container on one network, as libcni keeps it in its cache (`cniCacheV1`, libcni/api.go), so that
 * its tools and other runtimes can read what Firekiln has attached.
 */
export interface CachedAttachment {
  readonly containerId: string;
  readonly ifName: string;
  readonly networkName: string;
  readonly netns: string;
  readonly args: CniArgs;
  readonly capabilityArgs: Readonly<Record<string, unknown>>;
  /** JSON of the network's configuration. */
  readonly config: string;
  readonly result: CniResult;
}

const kind = 'cniCacheV1';

export function encodeCachedAttachment(cached: CachedAttachment, version: CniVersion): string {
  const { containerId, ifName, networkName, netns, args, capabilityArgs, config, result } = cached;
  return JSON.stringify({
    kind,
    containerId,
    config: Buffer.from(config).toString('base64'),
    ifName,
    networkName,
    netns,
    ...(args.length === 0 ? {} : { cniArgs: args }),
    ...(Object.keys(capabilityArgs).length === 0 ? {} : { capabilityArgs }),
    result: encodeCniResult(result, version),
  });
}

/** Undefined if the text is no attachment that libcni or Firekiln has written. */
export function parseCachedAttachment(text: string): CachedAttachment | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const { containerId, ifName, networkName, netns = '', config = '', cniArgs, capabilityArgs, result } = value;
    if (value.kind !== kind || !isText(containerId) || !isText(ifName) || !isText(networkName)) return undefined;
    if (containerId === '' || ifName === '' || networkName === '' || !isText(netns) || !isText(config))
      return undefined;
    return {
      containerId,
      ifName,
      networkName,
      netns,
      args: pairs(cniArgs),
      capabilityArgs: isObject(capabilityArgs) ? capabilityArgs : {},
      config: Buffer.from(config, 'base64').toString('utf8'),
      result: cniResultOf(result ?? {}, 'cached result'),
    };
  } catch {
    return undefined;
  }
}

function pairs(value: unknown): CniArgs {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) => {
    if (!Array.isArray(pair)) return [];
    const [key, text] = pair as unknown[];
    return isText(key) && isText(text) ? [[key, text] as const] : [];
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
