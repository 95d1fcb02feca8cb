/**
 * Builds generated cases with Firekiln and with BuildKit, prints what differs, each kind once, shrunk.
 *
 *   npm run diff:fuzz -- [--seed N] [--runs M] [--first CASE] [--steps | --archives] [--save FOLDER] [--refusals FILE]
 *
 * --first starts with that case of the seed. --archives has cases of ADD with archives alone. --refusals collects what each says of what both refuse. With --steps the cases have RUN steps, which are slow: each is a microVM.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBothBuilders } from './both-builders.ts';
import { missingForBuildkit } from './buildkit-programs.ts';
import { caseText, differenceText } from './case-text.ts';
import { type Finding, fuzzBuilds } from './fuzz-builds.ts';
import { rawCaseOf } from './own-cases.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '200' },
    first: { type: 'string', default: '0' },
    steps: { type: 'boolean', default: false },
    archives: { type: 'boolean', default: false },
    shrink: { type: 'string', default: '60' },
    save: { type: 'string' },
    refusals: { type: 'string' },
  },
});

const missing = missingForBuildkit();
if (missing.length > 0) {
  console.log(`skipped: builds beside BuildKit: not here: ${missing.join(', ')}`);
  const isFault = process.env.CI === 'true';
  console.log(`0 passed, ${isFault ? 1 : 0} failed`);
  process.exit(isFault ? 1 : 0);
}
/** First as it was found, then shrunk. */
function save({ example }: Finding, at: number): void {
  if (values.save === undefined) return;
  mkdirSync(values.save, { recursive: true });
  writeFileSync(join(values.save, `${seed}-${at}.json`), `${JSON.stringify(rawCaseOf(example), null, 1)}\n`);
}

const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const folder = await mkdtemp(join(tmpdir(), 'firekiln-diff-'));
try {
  await using builders = await openBothBuilders(folder, { runs: values.steps });
  const report = await fuzzBuilds(builders, {
    seed,
    runs: Number(values.runs),
    firstCase: Number(values.first),
    steps: values.steps,
    archives: values.archives,
    shrinkSeconds: Number(values.shrink),
    met: (finding, at) => {
      console.log(`case ${at}: ${finding.kind}`);
      save(finding, at);
    },
    refused: (ours, theirs) => {
      if (values.refusals !== undefined) appendFileSync(values.refusals, `${ours.message}\n  ${theirs.message}\n`);
    },
    found: (finding, at) => {
      const { kind, example, differences } = finding;
      console.log(`=== ${kind} (case ${at} of seed ${seed})\n${caseText(example)}`);
      for (const difference of differences.slice(0, 8)) console.log(differenceText(difference));
      save(finding, at);
    },
  });
  for (const [kind, count] of report.kinds) console.log(`${count} x ${kind}`);
  const different = [...report.kinds.values()].reduce((sum, count) => sum + count, 0);
  console.log(`seed ${seed}: ${report.built} built and ${report.refused} refused by both`);
  console.log(`${report.runs - different} passed, ${different} failed`);
  process.exitCode = different === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
