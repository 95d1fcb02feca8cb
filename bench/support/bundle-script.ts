import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = new URL('../..', import.meta.url).pathname;

/** Bundles a script as the shipped program is, into a folder; returns its path. */
export async function bundleScript(script: URL, folder: string): Promise<string> {
  await build({
    absWorkingDir: root,
    entryPoints: { script: script.pathname },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['fs-native-extensions', 'ssh2'],
    sourcemap: 'linked',
    logLevel: 'warning',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  // Where it finds what is not bundled.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'script.mjs');
}
