/** Run in a process of its own by pull.ts: brings one gzip layer into an empty store, as a pull does. */
import { createReadStream, statSync } from 'node:fs';
import type { Digest } from '../src/base/digest.ts';
import { silentEmitter } from '../src/base/events.ts';
import { importLayers } from '../src/images/sources/import-layers.ts';
import { openStore } from '../src/store/open-store.ts';
import { cpuMsSoFar, peakMemoryMb } from './support/measure.ts';

const [dataDir = '', file = '', digest = '', diffId = ''] = process.argv.slice(2);
await using store = await openStore({ dataDir });
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest as Digest };
const image = {
  manifest: { layers: [{ ...layer, size: statSync(file).size }] },
  config: { rootfs: { type: 'layers', diff_ids: [diffId] } },
};
const place = { subject: 'the layer', blob: () => createReadStream(file, { highWaterMark: 64 << 10 }) };
const start = performance.now();
const cpuStart = cpuMsSoFar();
await importLayers(store, place, image as never, { node: 'pull', emitter: silentEmitter });
const wallMs = performance.now() - start;
console.log(JSON.stringify({ wallMs, cpuMs: cpuMsSoFar() - cpuStart, startMs: start, peakMb: peakMemoryMb() }));
