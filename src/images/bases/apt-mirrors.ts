import { access } from 'node:fs/promises';
import { tryProcess } from '../../base/process.ts';
import type { BaseName } from './base-name.ts';

export interface AptLines {
  /** One-line entries for sources.list(5). */
  readonly lines: readonly string[];
  /** The first of them, for messages. */
  readonly mirror: string;
}

const defaults = {
  debian: { main: 'http://deb.debian.org/debian', security: 'http://deb.debian.org/debian-security' },
  ubuntu: { main: 'http://archive.ubuntu.com/ubuntu', security: 'http://security.ubuntu.com/ubuntu' },
} as const;

/** The keys of the archives, and the packages that have them. */
export const keyrings = {
  debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
} as const;

export const keyPackages = { debian: 'debian-archive-keyring', ubuntu: 'ubuntu-keyring' } as const;

const origins = { debian: 'Debian', ubuntu: 'Ubuntu' } as const;

/**
 * The archives for a base: those that the host's apt is configured for, where it has some of that distribution, with
 * the base's suite in place of the host's own; else the public ones; or the mirror that was named, for all.
 */
export async function aptLines(
  { distribution, suite }: BaseName,
  options: { readonly mirror?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<AptLines> {
  const host = options.mirror === undefined ? await hostArchives(origins[distribution], options.signal) : undefined;
  const main = options.mirror ?? host?.main ?? defaults[distribution].main;
  const security = host?.security ?? (options.mirror === undefined ? defaults[distribution].security : undefined);
  const keyring = keyrings[distribution];
  const signed = (await exists(keyring)) ? `[signed-by=${keyring}] ` : '';
  const components = distribution === 'debian' ? 'main' : 'main universe';
  const line = (uri: string, release: string) => `deb ${signed}${uri} ${release} ${components}`;
  // What moves all the time has no updates beside it.
  const isRolling = ['sid', 'unstable', 'testing'].includes(suite);
  const more = isRolling
    ? []
    : [line(main, `${suite}-updates`), ...(security === undefined ? [] : [line(security, `${suite}-security`)])];
  return { lines: [line(main, suite), ...more], mirror: main };
}

async function hostArchives(
  origin: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly main: string; readonly security: string | undefined } | undefined> {
  const args = [
    'indextargets',
    '--format',
    '$(REPO_URI)|$(RELEASE)|$(CODENAME)',
    'Created-By: Packages',
    `Origin: ${origin}`,
  ];
  const result = await tryProcess('apt-get', { args, signal, timeoutMs: 60_000 }).catch(() => undefined);
  if (result === undefined || result.exitCode !== 0) return undefined;
  const rows = result.stdout
    .toString()
    .trim()
    .split('\n')
    .map((row) => row.split('|'));
  const find = (isWanted: (release: string) => boolean) =>
    rows.find(([uri, release = '']) => uri !== undefined && isWanted(release))?.[0]?.replace(/\/$/, '');
  const main = find((release) => /^[a-z]+$/.test(release));
  return main === undefined ? undefined : { main, security: find((release) => release.endsWith('-security')) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
