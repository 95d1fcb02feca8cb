/**
 * Makes dist/ (or the folder named as argument): the command line and the library, each bundled with what it imports,
 * native modules left outside.
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const dist = process.argv[2] ?? `${root}dist`;
const { version, dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};
/** Have native parts that are found by path; npm installs them beside the bundle. */
const external = ['fs-native-extensions', 'ssh2'].filter((name) => name in dependencies);

rmSync(dist, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    firekiln: 'src/cli/firekiln.ts',
    index: 'src/index.ts',
    'tc-redirect-tap': 'src/net/tc-redirect-tap/main.ts',
  },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  external,
  define: { FIREKILN_VERSION: JSON.stringify(version) },
  banner: {
    // CommonJS packages inside an ESM bundle ask for Node's own modules by require().
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(`${dist}/firekiln.js`, 0o755);
writeFileSync(`${dist}/.built`, '');
