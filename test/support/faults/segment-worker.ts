/**
 * Makes the segments of an image, as a build with RUN and a run do.
 *
 *   node segment-worker.ts DATA_DIR NAME
 */
import { silentEmitter } from '../../../src/base/events.ts';
import { loadImage } from '../../../src/images/load-image.ts';
import { ensureSegments } from '../../../src/images/segments/ensure-segments.ts';
import { openStore } from '../../../src/store/open-store.ts';

const [dataDir = '', name = ''] = process.argv.slice(2);
await using store = await openStore({ dataDir });
await using _lease = await store.lease('segments');
const image = await loadImage(store, name);
if (image !== undefined) await ensureSegments(store, image.layers, { maxSegments: 2, emitter: silentEmitter });
