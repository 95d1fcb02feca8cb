import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Digest } from '../../../src/base/digest.ts';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { blobPath, indexPath, makeFolders, storeLayout, sumsPath } from '../../../src/store/layout.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { sampleMembers } from '../sample-members.ts';
import type { FuzzTarget } from '../target.ts';

/**
 * A store one of whose files is damaged: nothing that is read is anything but what was put, and whatever is wrong is
 * said by name. The first byte of an input says which file the rest of it is.
 */
export const storeTarget: FuzzTarget = {
  what: 'files of a store',
  maxSeconds: 10,
  async corpus() {
    const { files } = await template();
    return new Map(
      files.map(({ name, data }, number) => [name, { data: Buffer.concat([Buffer.of(number), data]) }] as const),
    );
  },
  async run(data, random) {
    const { all, files, image, layer, key, blob } = await template();
    const file = files[data[0] ?? 0];
    if (file === undefined) return;
    const dataDir = await mkdtemp(join(tmpdir(), 'firekiln-fuzz-store-'));
    try {
      await lay(all, dataDir);
      const path = join(dataDir, 'store', file.name);
      await rm(path, { force: true });
      await writeFile(path, data.subarray(1));
      await using store = await openStore({ dataDir });
      const record = await orRefused(store.images.resolve('app'));
      if (record !== undefined && record.manifest !== image) throw new Error('another image than was tagged');
      const cached = await orRefused(store.cache.get(key));
      if (cached !== undefined && cached.value !== 'value') throw new Error('another value than was recorded');
      await orRefused(store.images.list());
      await orRefused(store.artifacts.list());
      const read = await orRefused(store.content.readAll(blob, 1 << 20));
      if (read !== undefined && digestOf(read) !== blob) throw new Error('another blob than was put');
      await orRefused(readLayer(store, layer));
      if (random.oneIn(4)) await orRefused(store.gc());
      await orRefused(store.usage());
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function readLayer(store: Awaited<ReturnType<typeof openStore>>, diffId: Digest): Promise<void> {
  using layer = await store.layers.open(diffId);
  let count = 0;
  for (const _entry of layer.index.entries()) count++;
  if (count !== layer.index.entryCount) throw new Error('another number of entries than it counts');
  const tar = Buffer.alloc(layer.size);
  layer.data.read(tar, 0);
  if (digestOf(tar) !== diffId) throw new Error('another layer than was put');
}

/** What was asked for, or undefined if it was refused by name. */
async function orRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isFirekilnError(error)) return undefined;
    throw error;
  }
}

async function lay(files: readonly TemplateFile[], dataDir: string): Promise<void> {
  await makeFolders(storeLayout(dataDir));
  for (const { path, mode, data } of files) {
    await mkdir(join(dataDir, dirname(path)), { recursive: true });
    await writeFile(join(dataDir, path), data, { mode });
  }
}

interface TemplateFile {
  /** From the data dir on. */
  readonly path: string;
  readonly mode: number;
  readonly data: Buffer;
}

interface Template {
  /** The whole store. In memory: a worker of the tests may be ended before it could remove a folder. */
  readonly all: readonly TemplateFile[];
  readonly files: readonly { readonly name: string; readonly data: Buffer }[];
  readonly image: Digest;
  readonly layer: Digest;
  readonly key: Digest;
  readonly blob: Digest;
}

let made: Promise<Template> | undefined;

function template(): Promise<Template> {
  made ??= makeTemplate();
  return made;
}

async function makeTemplate(): Promise<Template> {
  const folder = await mkdtemp(join(tmpdir(), 'firekiln-fuzz-template-'));
  try {
    const key = digestOf('key');
    const { image, layer, blob } = await fill(folder, key);
    const layout = storeLayout(folder);
    await rm(layout.reserve, { force: true });
    const paths = [layout.database, layout.formatFile, sumsPath(layout, layer), indexPath(layout, layer)];
    paths.push(blobPath(layout, layer), blobPath(layout, blob), blobPath(layout, image));
    const files = await Promise.all(
      paths.map(async (path) => ({ name: relative(layout.root, path), data: await readFile(path) })),
    );
    return { all: await readAll(folder), files, image, layer, key, blob };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readAll(folder: string): Promise<TemplateFile[]> {
  const found = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return await Promise.all(
    found.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: relative(folder, path), mode: (await stat(path)).mode & 0o777, data: await readFile(path) };
    }),
  );
}

async function fill(dataDir: string, key: Digest): Promise<{ image: Digest; layer: Digest; blob: Digest }> {
  await using store = await openStore({ dataDir });
  const { digest: image } = await store.content.put([Buffer.from('{}')]);
  const { digest: blob } = await store.content.put([someBytes(5000)]);
  const { diffId: layer } = await store.layers.put([rawTar(sampleMembers(100))]);
  await store.images.tag(['app', 'app:2'], { manifest: image, refs: [layer, blob] });
  await store.cache.put(key, { value: 'value', refs: [layer], label: 'a step' });
  await store.pins.set('pin', [layer]);
  return { image, layer, blob };
}
