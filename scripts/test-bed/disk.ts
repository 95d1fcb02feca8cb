import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runProcess } from '../../src/base/process.ts';
import { cached, keyOf } from './cache.ts';
import { writeExt4 } from './ext4.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Packages of node_modules that only checking and building need. */
const notNeeded = [
  '@biomejs',
  '@oxlint',
  '@oxlint-tsgolint',
  'oxlint',
  'oxlint-tsgolint',
  'typescript',
  'knip',
  '@esbuild',
];

export interface DiskParts {
  /** Tar of {@link systemTree}. */
  readonly systemTar: string;
  /** Folder of {@link firecrackerBinaries}. */
  readonly binaries: string;
}

/** The bed's root drive: Debian, Node, Firecracker, the npm packages. The VM writes to a snapshot of it. */
export async function systemDisk({ systemTar, binaries }: DiskParts): Promise<string> {
  const lock = await readFile(join(root, 'package-lock.json'));
  const own = await readFile(new URL(import.meta.url).pathname);
  const key = keyOf(basename(systemTar), basename(binaries), process.version, lock, own);
  return await cached('disk', key, '.ext4', async (target) => {
    const stage = await mkdtemp(`${target}.stage-`);
    try {
      await runProcess('tar', { args: ['-xf', systemTar, '-C', stage, '--numeric-owner', '--xattrs'] });
      for (const name of ['firecracker', 'jailer'])
        await copyFile(join(binaries, name), join(stage, 'usr/local/bin', name));
      await copyFile(join(binaries, 'wheel.whl'), join(stage, 'opt/firekiln/firecracker.whl'));
      await copyFile(process.execPath, join(stage, 'usr/local/bin/node'));
      await chmod(join(stage, 'usr/local/bin/node'), 0o755);
      await copyModules(join(stage, 'opt/firekiln/node_modules'));
      await writeExt4(stage, target, 8192);
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  });
}

async function copyModules(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const source = join(root, 'node_modules');
  const excluded = new Set(notNeeded.map((name) => join(source, name)));
  await cp(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !excluded.has(path),
  });
}
