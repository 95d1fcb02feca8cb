import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { imageFile } from '../support/image-file.ts';
import { runCases } from '../support/run-layers/cases.ts';
import { caseFacts, expectAsBuildKit, oldTree } from '../support/run-layers/compare-with-goldens.ts';
import { runCasesInGuest } from '../support/run-layers/run-in-guest.ts';
import { describeWithTools } from '../support/tools.ts';

const tools = ['qemu-system-x86_64', 'busybox', 'cpio', 'mke2fs', 'setfattr', 'apt-get'];

describeWithTools(tools, 'RUN steps over a real overlay give the layers of BuildKit', () => {
  const parent = oldTree();
  let folder: string;
  let scratch: ReturnType<typeof imageFile> | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firekiln-run-layers-'));
    scratch = imageFile((await runCasesInGuest(folder)).scratch);
  });
  afterAll(async () => {
    scratch?.[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(runCases.map((one) => [one.name, one] as const))('%s', (name, one) => {
    if (scratch === undefined) throw new Error('the guest did not run');
    expectAsBuildKit(one, caseFacts(scratch, name, parent));
  });
});
