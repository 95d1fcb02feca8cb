/**
 * Puts, tags, caches, makes artifacts and collects garbage in a loop until it is killed. Tells what was committed, one
 * JSON line each, after the call has returned: what it told must be found later.
 *
 *   node busy-worker.ts DATA_DIR NAME SEED
 */
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Digest } from '../../../src/base/digest.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, someBytes } from '../../support/bytes.ts';
import { rawTar } from '../../support/raw-tar.ts';

const [dataDir = '', name = '', seed = ''] = process.argv.slice(2);
const store = await openStore({ dataDir });

export interface Told {
  readonly what: 'ready' | 'tagging' | 'tagged' | 'untagging' | 'untagged' | 'cached' | 'made';
  readonly name: string;
  readonly refs: readonly Digest[];
}

function tell(what: Told['what'], about: string, refs: readonly Digest[] = []): void {
  writeSync(1, `${JSON.stringify({ what, name: about, refs } satisfies Told)}\n`);
}

tell('ready', name);
let state = crc32(seed);
function random(below: number): number {
  state = (Math.imul(state, 1103515245) + 12345) | 0;
  return (state >>> 8) % below;
}

async function put(): Promise<Digest> {
  // Few different ones, so that processes meet.
  const which = random(40);
  if (which % 4 === 1) return (await store.layers.put([someLayer(which)])).diffId;
  const size = which % 3 === 0 ? 200 + which : 70_000 * (1 + (which % 4)) + which;
  return (await store.content.put([someBytes(size, which)])).digest;
}

/** A layer of 50 files. */
function someLayer(which: number): Buffer {
  return rawTar(Array.from({ length: 50 }, (_, i) => ({ name: `file-${i}`, data: someBytes(which * i, i) })));
}

for (let round = 0; ; round++) {
  switch (random(8)) {
    case 0:
    case 1:
    case 2: {
      await using _lease = await store.lease('tag');
      const [manifest, ...refs] = [await put(), await put(), await put()];
      const image = `${name}:${random(3)}`;
      tell('tagging', image, [manifest, ...refs]);
      await store.images.tag([image], { manifest, refs });
      tell('tagged', image, [manifest, ...refs]);
      break;
    }
    case 3: {
      const image = `${name}:${random(3)}`;
      tell('untagging', image);
      await store.images.untag(image);
      tell('untagged', image);
      break;
    }
    case 4: {
      const refs = [await put()];
      const key = digestOf(`${seed} ${round}`);
      await store.cache.put(key, { value: { round }, refs, label: name });
      tell('cached', key, refs);
      break;
    }
    case 5: {
      const refs = [await put()];
      const key = digestOf(`segment ${random(20)}`);
      const make = async (path: string) => await writeFile(path, someBytes(50_000, key));
      await store.artifacts.ensure('segment', key, make, { refs });
      tell('made', key, refs);
      break;
    }
    case 6:
      await store.gc();
      break;
    default: {
      const images = await store.images.list();
      const image = images[random(images.length + 1)];
      if (image === undefined) break;
      await using _lease = await store.lease('look');
      // Another process may untag it meanwhile: then its blobs may go, but never under our hands.
      if ((await store.images.resolve(image.name)) !== undefined) {
        for (const ref of image.refs) if ((await store.content.has(ref)) !== undefined) await store.content.verify(ref);
      }
    }
  }
}
