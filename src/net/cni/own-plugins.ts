import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with the plugins that Firekiln brings. */
export function ownPluginFolder(): string {
  // This file lies in src/net/cni of a checkout, or in dist or dist/chunks of a package.
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'libexec', 'cni');
    if (existsSync(join(candidate, 'tc-redirect-tap'))) return candidate;
  }
  throw new Error('the folder libexec/cni of Firekiln is missing; install Firekiln again');
}

/** The program of tc-redirect-tap where Firekiln itself is bundled; empty where it runs from its source. */
export function bundledPlugin(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [here, dirname(here)].map((folder) => join(folder, 'tc-redirect-tap.js'));
  return candidates.find((path) => existsSync(path)) ?? '';
}
