import type { Platform } from '../../formats/oci/image.ts';
import { formatPlatform } from '../../formats/oci/platform.ts';

/**
 * The arguments that exist without an ARG before the first FROM (Dockerfile reference, "Automatic platform ARGs in the
 * global scope", and TARGETSTAGE); a build argument of the same name wins.
 */
export function predefinedArgs(options: {
  readonly buildPlatform: Platform;
  readonly platform: Platform;
  readonly target: string;
  readonly buildArgs: ReadonlyMap<string, string>;
}): Map<string, string> {
  const { buildPlatform, platform, buildArgs } = options;
  const args: [string, string][] = [
    ['BUILDPLATFORM', formatPlatform(buildPlatform)],
    ['BUILDOS', buildPlatform.os],
    ['BUILDOSVERSION', buildPlatform['os.version'] ?? ''],
    ['BUILDARCH', buildPlatform.architecture],
    ['BUILDVARIANT', buildPlatform.variant ?? ''],
    ['TARGETPLATFORM', formatPlatform(platform)],
    ['TARGETOS', platform.os],
    ['TARGETOSVERSION', platform['os.version'] ?? ''],
    ['TARGETARCH', platform.architecture],
    ['TARGETVARIANT', platform.variant ?? ''],
    ['TARGETSTAGE', options.target === '' ? 'default' : options.target],
  ];
  return new Map(args.map(([name, value]) => [name, buildArgs.get(name) ?? value]));
}

const proxyNames = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'all_proxy'];

/**
 * `HTTP_PROXY` and its like given as build arguments: steps see them in both spellings, without an ARG and without
 * becoming part of the image or of a cache key.
 */
export function proxyEnv(buildArgs: ReadonlyMap<string, string>): string[] {
  const env: string[] = [];
  for (const name of proxyNames) {
    const value = [...buildArgs].findLast(([key]) => key.toLowerCase() === name)?.[1];
    if (value !== undefined && value !== '') env.push(`${name.toUpperCase()}=${value}`, `${name}=${value}`);
  }
  return env;
}
