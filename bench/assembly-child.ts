/**
 * Run in a process of its own by assembly.ts: makes the segment of one stored layer and tells how long that took after
 * start-up, and the memory at its peak. `keep`: leaves the image where it is.
 */
import type { Digest } from '../src/base/digest.ts';
import { silentEmitter } from '../src/base/events.ts';
import type { Segment } from '../src/images/image.ts';
import { ensureSegments } from '../src/images/segments/ensure-segments.ts';
import { openStore } from '../src/store/open-store.ts';
import { cpuMsSoFar, peakMemoryMb } from './support/measure.ts';

const [dataDir = '', diffId = '', keep] = process.argv.slice(2);
const segment = await makeSegment();
if (keep !== 'keep') {
  // Anew: what a store has made is held until it is closed.
  await using store = await openStore({ dataDir });
  await store.artifacts.remove('segment', segment.key);
}

async function makeSegment(): Promise<Segment> {
  await using store = await openStore({ dataDir });
  const start = performance.now();
  const cpuStart = cpuMsSoFar();
  const [made] = await ensureSegments(store, [diffId as Digest], { maxSegments: 1, emitter: silentEmitter });
  const wallMs = performance.now() - start;
  const cpuMs = cpuMsSoFar() - cpuStart;
  if (made === undefined) throw new Error('no segment was made');
  console.log(JSON.stringify({ wallMs, cpuMs, startMs: start, peakMb: peakMemoryMb(), path: made.path }));
  return made;
}
