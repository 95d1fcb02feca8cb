/** Runs inputs one after the other, telling in shared memory which one is at hand: its parent ends it when one hangs. */
import { parentPort, workerData } from 'node:worker_threads';
import { Campaign } from './campaign.ts';
import { fuzzTargets } from './targets.ts';

export interface WorkerTask {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  /** Its first element is the number of the input at hand. */
  readonly progress: Int32Array;
}

const { target, seed, from, count, progress } = workerData as WorkerTask;
const found = fuzzTargets.get(target);
if (found === undefined) throw new Error(`no target ${target}`);
const campaign = await Campaign.open(found, seed);
await campaign.checkCorpus();
for (let number = from; number < from + count; number++) {
  Atomics.store(progress, 0, number);
  const finding = await campaign.run(number);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  if (finding !== undefined) parentPort?.postMessage(finding);
  // Messages are only sent between turns.
  if (number % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
}
