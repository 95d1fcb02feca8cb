import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { makeBases } from '../../differential/build/base-images.ts';
import { type CaseBuilder, openCaseBuilder } from '../../support/build-cases/case-builder.ts';
import { expectCase } from '../../support/build-cases/expect-case.ts';
import { needsVm } from '../../support/build-cases/needs-vm.ts';
import { readOwnCases } from '../../support/build-corpus.ts';

/** What `npm run diff:fuzz` brought to light, and what BuildKit v0.34.2 makes of it (docs/testing.md). */
describe('cases of our own give what BuildKit gives', () => {
  let folder: string;
  let builder: CaseBuilder;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'firekiln-own-'));
    builder = await openCaseBuilder(folder, makeBases(join(folder, 'bases')));
  });
  afterAll(async () => {
    await builder[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const cases = readOwnCases().filter((one) => !needsVm(one));
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    await expectCase(builder, one);
  });
});
