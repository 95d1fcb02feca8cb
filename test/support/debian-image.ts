import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/base/digest.ts';
import { runProcess } from '../../src/base/process.ts';
import { hostPlatform } from '../../src/formats/oci/platform.ts';
import { commitImage } from '../../src/images/commit-image.ts';
import type { Store } from '../../src/store/store.ts';
import { testDataDir } from './cli.ts';

interface DebianTree {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Commands of mmdebstrap(1) that change the finished tree, `$1`. */
  readonly hooks?: readonly string[];
}

/** The packages of a recipe of baseos/, so that its step that installs them has little to do. */
export function packagesOfRecipe(folder: string): readonly string[] {
  const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8');
  const [, list = ''] = /--no-install-recommends \\\n(.*?) \\\n &&/s.exec(dockerfile) ?? [];
  return list.split(/[\s\\]+/).filter((word) => word !== '');
}

/** A tar, kept for the next run, that is made on the host, where that takes a fifth of the time of an emulated guest. */
export async function debianTar({ suite, packages, hooks = [] }: DebianTree): Promise<string> {
  const key = sha256([suite, ...packages, ...hooks].join(' ')).slice(7, 19);
  const tar = join(dirname(testDataDir), `debian-${key}.tar`);
  if (existsSync(tar)) return tar;
  await mkdir(dirname(tar), { recursive: true });
  const args = [
    '--variant=minbase',
    '--format=tar',
    ...(packages.length === 0 ? [] : [`--include=${packages.join(',')}`]),
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    suite,
    `${tar}.new`,
  ];
  await runProcess('mmdebstrap', { args, timeoutMs: 600_000 });
  await rename(`${tar}.new`, tar);
  return tar;
}

/** Puts a Debian with these packages into the store as `debian:<suite>`, or under another name. */
export async function putDebianImage(
  store: Store,
  suite: string,
  packages: readonly string[],
  { name = `debian:${suite}`, hooks = [] }: { readonly name?: string; readonly hooks?: readonly string[] } = {},
): Promise<void> {
  await putDebianTar(store, await debianTar({ suite, packages, hooks }), name);
}

/** Puts a tree of {@link debianTar} into the store. */
export async function putDebianTar(store: Store, tar: string, name: string): Promise<void> {
  const { diffId } = await store.layers.put(createReadStream(tar));
  const tags = [`docker.io/library/${name}`];
  await commitImage(store, {
    platform: hostPlatform(),
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    history: [{ created_by: 'mmdebstrap' }],
    layers: [diffId],
    created: '2026-01-02T03:04:05Z',
    tags,
    metadata: { version: 1, tags, provenance: { dockerfile: 'mmdebstrap', bases: [] }, firekiln: '0' },
  });
}
