/**
 * Keeps a case as one of our own, with what BuildKit makes of it, in test/cases/build.
 *
 *   node test/differential/build/record.ts NAME FILE [NAME FILE...] && npx biome format --write test/cases
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsVm } from '../../support/build-cases/needs-vm.ts';
import { caseOf, ownBaseOf } from '../../support/build-corpus.ts';
import { openBothBuilders } from './both-builders.ts';
import { differenceText } from './case-text.ts';
import { findCase } from './find-case.ts';
import { expectationOf, rawCaseOf } from './own-cases.ts';

const words = process.argv.slice(2);
const pairs = words.flatMap((name, at) => (at % 2 === 0 ? [{ name, it: findCase(words[at + 1] ?? '') }] : []));
const place = new URL('../../cases/build/', import.meta.url).pathname;
mkdirSync(place, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'firekiln-diff-'));
try {
  await using builders = await openBothBuilders(folder, { runs: pairs.some(({ it }) => needsVm(it)) });
  for (const { name, it } of pairs) {
    const { theirs: base } = await builders.compare(
      caseOf('own', { name: '', dockerfile: `FROM ${ownBaseOf(it)}` }, undefined),
    );
    if (base.failed) throw new Error(base.message);
    const { theirs, differences } = await builders.compare(it);
    const kept = { ...rawCaseOf(it), expected: expectationOf(theirs, base, builders.startedSec) };
    writeFileSync(join(place, `${name}.json`), `${JSON.stringify(kept, null, 1)}\n`);
    console.log(`${name}: ${differences.length === 0 ? 'the same' : differences.map(differenceText).join('\n')}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
