import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { makeBases } from '../differential/build/base-images.ts';
import type { CaseBuilder } from '../support/build-cases/case-builder.ts';
import { expectCase, failureOf } from '../support/build-cases/expect-case.ts';
import { needsVm } from '../support/build-cases/needs-vm.ts';
import { openVmCaseBuilder } from '../support/build-cases/vm-case-builder.ts';
import { type BuildCase, readBuildCases, readOwnCases } from '../support/build-corpus.ts';
import { noCorpora } from '../support/corpora.ts';
import { describeWithTools } from '../support/tools.ts';

/** Builds that work with BuildKit and are refused here, by the code of the error; see docs/differences.md. */
const refused: ReadonlyMap<string, string> = new Map([
  // Names that begin with `.wh.` can't be in a layer.
  ['add-tar-whiteout-like-names', 'LAYER_NAME_RESERVED'],
]);

/** Builds whose files differ from BuildKit's; see docs/differences.md. */
const different: ReadonlySet<string> = new Set([
  // SSH_AUTH_SOCK is not set where there is no agent; BuildKit names a socket that is not there.
  'run-mount-ssh-missing-optional',
]);

/** Beyond the plain instructions that Dockerfiles are mostly made of. */
const beyondBasics =
  /^\s*(?:ONBUILD|HEALTHCHECK|STOPSIGNAL|MAINTAINER|RUN\s+--|(?:COPY|ADD)\s.*--(?:link|parents|exclude)|.*<<-?["']?\w)/im;

/** A third of the others, always the same one. */
const isChosen = ({ name }: BuildCase) => Number.parseInt(sha256(name).slice(-4), 16) % 3 === 0;

const all = [...readBuildCases(), ...readOwnCases()].filter((one) => needsVm(one));
const isBasic = ({ set, dockerfile }: BuildCase) =>
  set === 'own' || (set === 'cases' && !beyondBasics.test(dockerfile.toString('latin1')));
const cases = process.env.FIREKILN_TEST_FULL === '1' ? all : all.filter((one) => isBasic(one) || isChosen(one));

const tools = ['qemu-system-x86_64', 'passt', 'busybox', 'apt-get', ...(noCorpora ? [] : ['python3'])];

describeWithTools(tools, 'builds with RUN give what BuildKit gives', () => {
  let folder: string;
  let builder: CaseBuilder;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-run-cases-'));
    builder = await openVmCaseBuilder(folder, makeBases(join(folder, 'bases')));
  });
  afterAll(async () => {
    await builder?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const titled = cases.map((one) => [one.name, one] as const);
  it.concurrent.each(titled)('%s', async (name, one) => {
    const code = refused.get(name);
    if (different.has(name)) await expect(expectCase(builder, one)).rejects.toThrowError(/deeply equal/);
    else if (code === undefined) await expectCase(builder, one);
    else expect(await failureOf(builder, one)).toMatchObject({ code });
  });
});
