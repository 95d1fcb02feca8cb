/** Run in a process of its own by run-result.ts: reads what a step wrote out of its scratch disk, into the store. */
import type { Digest } from '../src/base/digest.ts';
import { readLayers } from '../src/executor/appliance/read-layers.ts';
import { openStore } from '../src/store/open-store.ts';
import { cpuMsSoFar, peakMemoryMb } from './support/measure.ts';

const [dataDir = '', scratch = '', base = ''] = process.argv.slice(2);
await using store = await openStore({ dataDir });
const start = performance.now();
const cpuStart = cpuMsSoFar();
const options = { layers: store.layers, scratch, parent: [base as Digest], steps: 1, clampTime: undefined };
const [diffId] = await readLayers({ ...options, signal: undefined });
const wallMs = performance.now() - start;
console.log(JSON.stringify({ wallMs, cpuMs: cpuMsSoFar() - cpuStart, peakMb: peakMemoryMb(), diffId }));
