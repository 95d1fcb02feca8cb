import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CaseBuilder, openCaseBuilder } from '../../support/build-cases/case-builder.ts';
import { expectCase, failureOf } from '../../support/build-cases/expect-case.ts';
import { needsVm } from '../../support/build-cases/needs-vm.ts';
import { type BuildCase, readBuildCases } from '../../support/build-corpus.ts';
import { noCorpora } from '../../support/corpora.ts';
import { describeWithTools } from '../../support/tools.ts';

/** Everything that needs no VM. */
const cases = readBuildCases().filter((it) => !needsVm(it));

/** Builds that fail with BuildKit and work here, as they would with GNU tar. */
const betterHere: ReadonlyMap<string, string> = new Map([
  ['add-tar-gnu-sparse', 'sparse files in the format of GNU tar are unpacked'],
  ['add-tar-hardlink-before-target-fails', 'a hard link may stand before the file that it is another name of'],
]);

let folder = '';
let builder: CaseBuilder;
beforeAll(async () => {
  if (noCorpora) return;
  folder = mkdtempSync(join(tmpdir(), 'firekiln-cases-'));
  builder = await openCaseBuilder(folder);
});
afterAll(async () => {
  if (noCorpora) return;
  await builder[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const titled = (wanted: boolean) =>
  cases.filter(({ expected }) => expected.fails === wanted).map((it) => [it.name, it] as const);

describeWithTools(noCorpora ? [] : ['python3', 'busybox'], 'builds without RUN give what BuildKit gives', () => {
  it.skipIf(noCorpora).each(titled(false))('%s', async (_, it: BuildCase) => {
    await expectCase(builder, it);
  });

  it.skipIf(noCorpora).each(titled(true))('%s fails on the line that BuildKit blames', async (_, it: BuildCase) => {
    if (!betterHere.has(it.name)) await expectCase(builder, it);
    else expect(await failureOf(builder, it)).toMatchObject({ message: 'it was built' });
  });
});
