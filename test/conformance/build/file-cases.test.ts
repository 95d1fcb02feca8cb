import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFirekilnError } from '../../../src/base/errors/firekiln-error.ts';
import { type CaseBuilder, openCaseBuilder } from '../../support/build-cases/case-builder.ts';
import { differencesFrom } from '../../support/build-cases/compare-tree.ts';
import { type BuildCase, readBuildCases } from '../../support/build-corpus.ts';
import { noCorpora } from '../../support/corpora.ts';
import { describeWithTools } from '../../support/tools.ts';

/** Everything that needs no VM. */
const cases = readBuildCases().filter(
  ({ dockerfile }) => !/^\s*(?:ONBUILD\s+)?RUN\b/im.test(dockerfile.toString('latin1')),
);

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
    if (it.expected.fails) throw new Error('not reached');
    const image = await builder.build(it);
    using opened = await builder.open(image);
    const found = differencesFrom(it.expected.base ? opened.base : undefined, opened.tree, it.expected);
    expect(found).toEqual({ entries: it.expected.entries, removed: it.expected.removed });
    const history = (image.config.history ?? []).map(({ created: _created, ...entry }) => entry);
    expect({ config: image.config.config, history }).toEqual({
      config: it.expected.config,
      history: it.expected.history,
    });
  });

  it.skipIf(noCorpora).each(titled(true))('%s fails on the line that BuildKit blames', async (_, it: BuildCase) => {
    const error: unknown = await builder.build(it).then(
      () => new Error('it was built'),
      (reason: unknown) => reason,
    );
    if (betterHere.has(it.name)) {
      expect(error).toMatchObject({ message: 'it was built' });
      return;
    }
    if (!isFirekilnError(error) || !it.expected.fails) throw error as Error;
    if (it.expected.line !== null) expect(error.source?.ranges[0]?.startLine).toBe(it.expected.line);
  });
});
