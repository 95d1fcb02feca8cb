/**
 * Builds generated cases with Firekiln and with BuildKit, prints what differs, each kind once, shrunk.
 *
 *   npm run diff:fuzz -- [--seed N] [--runs M] [--steps] [--save FOLDER]
 *
 * With --steps the cases have RUN steps, which are slow: each is a microVM.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBothBuilders } from './both-builders.ts';
import { caseText, differenceText } from './case-text.ts';
import { fuzzBuilds } from './fuzz-builds.ts';
import { rawCaseOf } from './own-cases.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '200' },
    steps: { type: 'boolean', default: false },
    shrink: { type: 'string', default: '60' },
    save: { type: 'string' },
  },
});

const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const folder = await mkdtemp(join(tmpdir(), 'firekiln-diff-'));
try {
  await using builders = await openBothBuilders(folder, { runs: values.steps });
  const report = await fuzzBuilds(builders, {
    seed,
    runs: Number(values.runs),
    steps: values.steps,
    shrinkSeconds: Number(values.shrink),
    found: ({ kind, example, differences }, at) => {
      console.log(`=== ${kind} (case ${at} of seed ${seed})\n${caseText(example)}`);
      for (const difference of differences.slice(0, 8)) console.log(differenceText(difference));
      if (values.save === undefined) return;
      mkdirSync(values.save, { recursive: true });
      writeFileSync(join(values.save, `${seed}-${at}.json`), `${JSON.stringify(rawCaseOf(example), null, 1)}\n`);
    },
  });
  const kinds = [...report.kinds].map(([kind, count]) => `${count} x ${kind}`);
  console.log(`${report.runs} cases with seed ${seed}: ${report.built} built, ${report.refused} refused by both`);
  console.log(kinds.length === 0 ? 'no differences' : kinds.join('\n'));
  process.exitCode = kinds.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
