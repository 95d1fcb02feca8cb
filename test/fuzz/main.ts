/**
 * Feeds changed inputs to one target until the time is over:
 *
 *   npm run fuzz -- TARGET [--seconds N] [--seed S] [--from N] [--count N]
 *
 * An input is made from seed and number alone, so that `--seed S --from N --count 1` repeats it. What fails is also kept
 * as a file in .cache/fuzz. Ends with 1 if anything was found.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { Finding } from './campaign.ts';
import { fuzzTargets } from './targets.ts';
import type { WorkerTask } from './worker.ts';

/** An input that takes so long, on a machine that does other things too, hangs. */
const hangMs = 60_000;
const maxHeapMb = 512;
const maxFindings = 20;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    from: { type: 'string', default: '0' },
    count: { type: 'string', default: `${2 ** 31 - 1}` },
  },
});
const target = positionals[0] ?? '';
if (!fuzzTargets.has(target)) {
  for (const [name, { what }] of fuzzTargets) console.error(`${name}: ${what}`);
  process.exit(2);
}
const seed = Number(values.seed);
const start = performance.now();
const end = start + Number(values.seconds) * 1000;
const last = Number(values.from) + Number(values.count);
const seen = new Set<string>();
/** Of the threads, which may be ended at any moment. */
const folder = mkdtempSync(join(tmpdir(), 'firekiln-fuzz-'));
let next = Number(values.from);
while (next < last && performance.now() < end && seen.size < maxFindings) next = await runFrom(next);
rmSync(folder, { recursive: true, force: true });
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`${target}: ${next - Number(values.from)} inputs of seed ${seed} in ${seconds} s, ${seen.size} findings`);
process.exitCode = seen.size > 0 ? 1 : 0;

/** Runs inputs in a thread of its own until the time is over, or one ends the thread; returns the first not run. */
async function runFrom(from: number): Promise<number> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  progress[0] = from;
  const count = Math.min(last - from, 2 ** 31 - 1 - from);
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { target, seed, from, count, progress } satisfies WorkerTask,
    env: { ...process.env, TMPDIR: folder },
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  let current = from;
  let since = performance.now();
  let why: string | undefined;
  const watch = setInterval(() => {
    const number = Atomics.load(progress, 0);
    if (number !== current) since = performance.now();
    current = number;
    if (performance.now() - since > hangMs) why = `it takes more than ${hangMs / 1000} s`;
    if (why === undefined && performance.now() <= end) return;
    clearInterval(watch);
    void worker.terminate();
  }, 250);
  worker.on('message', (finding: Finding) => tell(finding));
  worker.on('error', (error) => {
    why = error.stack ?? String(error);
  });
  const code = await new Promise<number>((resolve) => worker.once('exit', resolve));
  clearInterval(watch);
  const number = Atomics.load(progress, 0);
  if (why !== undefined) tell({ number, corpus: '', why, data: Buffer.alloc(0) });
  return code === 0 && why === undefined ? last : number + 1;
}

function tell({ number, corpus, why, data }: Finding): void {
  // The same place in the code is the same defect.
  const place = why.split('\n').slice(0, 3).join('\n').replace(/\d+/g, 'N');
  if (seen.has(place)) return;
  seen.add(place);
  const kept = join(import.meta.dirname, '../../.cache/fuzz');
  mkdirSync(kept, { recursive: true });
  const file = join(kept, `${target}-${seed}-${number}`);
  writeFileSync(file, data);
  console.log(`${target}, made from ${corpus}: --seed ${seed} --from ${number} --count 1; ${file}\n${why}\n`);
}
