/**
 * Works in a store on file systems that are full at a different point each time, and prints a JSON line for each size:
 * what failed and with which code. Ends with exit code 1 if anything but DISK_FULL came, or if something was lost.
 *
 *   node full-disk-worker.ts FOLDER FROM TO STEP      (sizes in KiB; needs the right to mount)
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { delay } from '../../../src/base/abort.ts';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { runProcess, tryProcess } from '../../../src/base/process.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';

type OpenStore = Awaited<ReturnType<typeof openStore>>;
const [folder = '', from = '', to = '', step = ''] = process.argv.slice(2);

const manifest = someBytes(300, 'manifest');
const layer = someBytes(150_000, 'layer');
const image = { manifest: digestOf(manifest), refs: [digestOf(layer)] };
const garbage = someBytes(100_000, 'garbage');
const key = digestOf('key');
const make = async (path: string) => await writeFile(path, someBytes(60_000, 'segment'));
const makeMount = async (path: string) => await writeFile(path, someBytes(20_000, 'mount'));

/** In this order; each leaves the store whole whether it succeeds or not. */
const steps: Readonly<Record<string, (store: OpenStore) => Promise<unknown>>> = {
  'put manifest': async ({ content }) => await content.put([manifest]),
  'put layer': async ({ content }) => await content.put([layer]),
  tag: async ({ images }) => await images.tag(['app:1'], image),
  'put garbage': async ({ content }) => await content.put([garbage]),
  cache: async ({ cache }) => await cache.put(key, { value: 1, refs: image.refs, label: 'x'.repeat(9000) }),
  segment: async ({ artifacts }) => await artifacts.ensure('segment', key, make, { refs: image.refs }),
  mount: async ({ cacheMounts }) =>
    await (await cacheMounts.acquire('id', { make: makeMount, sharing: 'locked' }))[Symbol.asyncDispose](),
  lease: async (store) => await (await store.lease('x'))[Symbol.asyncDispose](),
  temporary: async (store) => await (await store.temporaryFolder())[Symbol.asyncDispose](),
  untag: async ({ images }) => await images.untag('app:2'),
};

for (let size = Number(from); size <= Number(to); size += Number(step)) {
  const place = join(folder, 'full');
  await mkdir(place, { recursive: true });
  await runProcess('mount', { args: ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', place] });
  try {
    const done = await workUntilFull(place);
    const purged = await attempt(async () => {
      await using store = await openStore({ dataDir: place, mayUseReserve: true });
      await store.gc();
    });
    await runProcess('mount', { args: ['-o', `remount,size=${size + 4096}k`, place] });
    await checkIntact(place, done);
    process.stdout.write(`${JSON.stringify({ size, failed: [...done].filter(([, code]) => code !== ''), purged })}\n`);
  } finally {
    await unmount(place);
  }
}

/** Fails if a file of the place stays open; a flush that runs behind may keep one for a moment. */
async function unmount(place: string): Promise<void> {
  for (let patience = 100; ; patience--) {
    const { exitCode } = await tryProcess('umount', { args: [place] });
    if (exitCode === 0) return;
    if (patience === 0) throw new Error(`${place} is still in use`);
    await delay(50);
  }
}

/** The outcome of each step: an error code, or nothing. */
async function workUntilFull(dataDir: string): Promise<Map<string, string>> {
  const done = new Map<string, string>();
  for (const [name, work] of Object.entries(steps)) {
    const code = await attempt(async () => {
      await using store = await openStore({ dataDir });
      await work(store);
    });
    done.set(name, code);
  }
  return done;
}

async function attempt(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    if (isFirekilnError(error, 'DISK_FULL') || isFirekilnError(error, 'BLOB_MISSING')) return error.code;
    throw error;
  }
}

async function checkIntact(dataDir: string, done: ReadonlyMap<string, string>): Promise<void> {
  await using store = await openStore({ dataDir });
  await store.gc();
  const wasTagged = done.get('tag') === '';
  const tagged = await store.images.resolve('app:1');
  // A step whose very end failed, the closing of the store, may have been committed.
  if (wasTagged && tagged === undefined) throw new Error('a tag was lost');
  if (tagged !== undefined) for (const digest of [image.manifest, ...image.refs]) await store.content.verify(digest);
  if (done.get('cache') === '' && (await store.cache.get(key)) === undefined)
    throw new Error('a cache record was lost');
  for (const { digest } of await store.content.list()) {
    if (digest !== image.manifest && !image.refs.includes(digest)) throw new Error(`${digest} was not collected`);
    await store.content.verify(digest);
  }
  // All works again.
  for (const work of Object.values(steps)) await work(store);
}
