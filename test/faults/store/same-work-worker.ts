/**
 * Puts the same blob and makes the same artifact as others at the same moment; prints how often it made the artifact.
 *
 *   node same-work-worker.ts DATA_DIR START      (START: milliseconds since the epoch)
 */
import { writeFile } from 'node:fs/promises';
import { delay } from '../../../src/base/abort.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { digestOf, inChunks, someBytes } from '../../support/bytes.ts';

const [dataDir = '', start = ''] = process.argv.slice(2);
const data = someBytes(5_000_000);
await delay(Math.max(0, Number(start) - Date.now()));

await using store = await openStore({ dataDir });
const { digest } = await store.content.put(inChunks(data, 100_000), { expected: digestOf(data) });
await store.content.verify(digest);
let makings = 0;
const path = await store.artifacts.ensure('segment', digestOf('inputs'), async (at) => {
  makings++;
  await delay(100);
  await writeFile(at, data);
});
await store.images.tag([`app:${process.pid}`], { manifest: digest, refs: [] });
await store.gc();
process.stdout.write(`${JSON.stringify({ makings, path, digest })}\n`);
