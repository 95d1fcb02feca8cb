import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { Platform } from './image.ts';

const architectures: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  i386: ['386'],
  i686: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** What an absent variant means, left out of the normal form except for arm. */
const defaultVariants: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' };

/** The normal form of containerd/platforms: `x86_64` is amd64, `arm64/v8` is arm64, arm is arm/v7. */
function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase();
  const given = platform.architecture.toLowerCase();
  const [architecture, impliedVariant] = Object.hasOwn(architectures, given)
    ? (architectures[given] ?? [given])
    : [given];
  let variant = impliedVariant ?? (platform.variant?.toLowerCase() || undefined);
  if (variant !== undefined && /^[0-9]/.test(variant)) variant = `v${variant}`;
  if (architecture === 'arm') variant ??= 'v7';
  else if (variant === defaultVariants[architecture]) variant = undefined;
  const { variant: _, ...rest } = platform;
  return { ...rest, os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** Reads `linux/arm64/v8`, or `arm64` alone. Throws PLATFORM_INVALID. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || parts.some((part) => !/^[A-Za-z0-9_.-]+$/.test(part))) {
    throw new FirekilnError('PLATFORM_INVALID', `${JSON.stringify(text)} is no platform`, {
      hint: 'Platforms look like linux/amd64 or linux/arm/v7.',
    });
  }
  const [first = '', second, third] = parts;
  if (second === undefined) {
    const isOs = ['linux', 'windows', 'darwin', 'macos', 'freebsd'].includes(first.toLowerCase());
    return normalizePlatform(
      isOs ? { os: first, architecture: hostArchitecture() } : { os: 'linux', architecture: first },
    );
  }
  return normalizePlatform({ os: first, architecture: second, ...(third === undefined ? {} : { variant: third }) });
}

/** The platform whose images run on this machine. */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: 'linux', architecture: hostArchitecture() });
}

function hostArchitecture(): string {
  const names: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}

/**
 * How well an image's platform serves the wanted one: 0 is exact, higher numbers are older variants that still run
 * (arm/v6 where arm/v7 is wanted, 386 where amd64 is), undefined does not run. As containerd's `platforms.Only`.
 */
export function platformRank(wanted: Platform, offered: Platform): number | undefined {
  const have = normalizePlatform(offered);
  const rank = servingPlatforms(normalizePlatform(wanted)).findIndex(
    (it) => it.os === have.os && it.architecture === have.architecture && it.variant === have.variant,
  );
  return rank === -1 ? undefined : rank;
}

function servingPlatforms(wanted: Platform): readonly Platform[] {
  const { os, architecture } = wanted;
  const at = (arch: string, variant?: string): Platform =>
    normalizePlatform({ os, architecture: arch, ...(variant === undefined ? {} : { variant }) });
  const below = (variant: string, lowest: number): string[] => {
    const level = /^v([0-9]+)$/.exec(variant)?.[1];
    if (level === undefined || level.length > 2) return [variant];
    return Array.from({ length: Number(level) - lowest + 1 }, (_, i) => `v${Number(level) - i}`);
  };
  switch (architecture) {
    case 'amd64':
      return [...below(wanted.variant ?? 'v1', 1).map((it) => at('amd64', it)), at('386')];
    case 'arm':
      return below(wanted.variant ?? 'v7', 5).map((it) => at('arm', it));
    case 'arm64':
      return [
        wanted,
        ...(wanted.variant === undefined ? [] : [at('arm64')]),
        ...below('v8', 5).map((it) => at('arm', it)),
      ];
    default:
      return [wanted];
  }
}
