/**
 * Builds a case with Firekiln and with BuildKit and prints what differs.
 *
 *   npm run diff:build -- FOLDER|CASE...
 *
 * FOLDER holds a Dockerfile and its context; CASE is the name of a case of the corpora or of test/cases/build, or a file
 * that `npm run diff:fuzz -- --save` wrote.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsVm } from '../../support/build-cases/needs-vm.ts';
import { openBothBuilders } from './both-builders.ts';
import { differenceText } from './case-text.ts';
import { findCase } from './find-case.ts';

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error('usage: npm run diff:build -- FOLDER|CASE...');
  process.exit(2);
}
const cases = names.map((name) => findCase(name));
const folder = await mkdtemp(join(tmpdir(), 'firekiln-diff-'));
let different = 0;
try {
  await using builders = await openBothBuilders(folder, { runs: cases.some(needsVm) });
  for (const it of cases) {
    const { ours, theirs, differences } = await builders.compare(it);
    for (const [who, outcome] of Object.entries({ Firekiln: ours, BuildKit: theirs })) {
      if (outcome.failed)
        console.log(`${it.name}: ${who} refuses, line ${outcome.lines.join(', ')}: ${outcome.message}`);
    }
    for (const difference of differences) console.log(`${it.name}: ${differenceText(difference)}`);
    if (differences.length > 0) different++;
    else console.log(`${it.name}: the same`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = different === 0 ? 0 : 1;
