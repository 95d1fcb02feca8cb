import { existsSync } from 'node:fs';
import { runProcess } from '../../src/base/process.ts';

export interface AptSources {
  readonly codename: string;
  /** The archive of that release. */
  readonly mirror: string;
  /** One-line entries for sources.list(5). */
  readonly lines: readonly string[];
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian's archives as this machine's apt is configured to use them, or undefined where apt knows none. */
export async function aptSources(): Promise<AptSources | undefined> {
  const format = ['REPO_URI', 'RELEASE', 'CODENAME', 'COMPONENT'].map((field) => `$(${field})`).join('|');
  const filter = ['Created-By: Packages', 'Origin: Debian'];
  const { stdout } = await runProcess('apt-get', { args: ['indextargets', '--format', format, ...filter] });
  const options = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const lines = new Set<string>();
  let main: { readonly codename: string; readonly mirror: string } | undefined;
  for (const row of stdout.toString().trim().split('\n')) {
    const [uri, release, name, component] = row.split('|');
    if (uri === undefined || release === undefined || name === undefined || component === undefined) continue;
    if (/^[a-z]+$/.test(name)) main ??= { codename: name, mirror: uri };
    lines.add(`deb ${options}${uri} ${release} ${component}`);
  }
  return main === undefined ? undefined : { ...main, lines: [...lines].sort() };
}
