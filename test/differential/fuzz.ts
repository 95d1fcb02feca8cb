/**
 * Compares the frontend with BuildKit's own code on generated input and prints what differs, shrunk.
 *
 *   node test/differential/fuzz.ts [--minutes N] [--seed N] [kind...]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { startOracle } from './oracle.ts';
import { kinds, propertiesOf } from './properties.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' }, texts: { type: 'string' } },
});

const texts = values.texts === undefined ? [] : readAll(values.texts);
await using oracle = startOracle();
const all = propertiesOf(oracle, texts);
const asked = positionals.length === 0 ? kinds : positionals;
const deadline = Date.now() + Number(values.minutes) * 60_000;
const seen = new Set<string>();
let seed = Number(values.seed ?? Date.now() % 2 ** 31);
let runs = 0;
while (Date.now() < deadline) {
  for (const name of asked) {
    const kind = kinds.find((it) => it === name);
    if (kind === undefined) throw new Error(`no kind ${name}; there are ${kinds.join(', ')}`);
    const details = await fc.check(all[kind], { seed, numRuns: 2000, endOnFailure: false });
    runs += details.numRuns;
    if (!details.failed) continue;
    const shown = JSON.stringify(details.counterexample);
    if (seen.has(shown)) continue;
    seen.add(shown);
    console.log(`${kind} seed ${seed}: ${shown}\n${String(details.errorInstance).slice(0, 3000)}\n`);
  }
  seed++;
}
console.log(`${runs} runs, ${seen.size} differences`);
process.exitCode = seen.size === 0 ? 0 : 1;

/** The files named Dockerfile below a folder. */
function readAll(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('Dockerfile'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((text) => text.length < 1500);
}
