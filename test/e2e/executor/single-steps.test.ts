import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planBoots } from '../../../src/executor/appliance/drive-plan.ts';
import { failureHint } from '../../../src/executor/appliance/failure-hint.ts';
import { readLayer } from '../../../src/executor/appliance/read-layers.ts';
import { type EndedStep, runStep } from '../../../src/executor/appliance/run-step.ts';
import { writeEmptyDisk } from '../../../src/executor/empty-disk.ts';
import type { ExecStep } from '../../../src/executor/executor.ts';
import { mergeLayers } from '../../../src/formats/tree/merged-tree.ts';
import { FileAccess } from '../../../src/store/file-access.ts';
import { anyStep } from '../../support/any-step.ts';
import { runCases } from '../../support/run-layers/cases.ts';
import { expectAsBuildKit } from '../../support/run-layers/compare-with-goldens.ts';
import { type LayerFact, layerFacts } from '../../support/run-layers/layer-facts.ts';
import { openStepLab, type StepLab } from '../../support/run-steps/step-lab.ts';
import { describeWithTools } from '../../support/tools.ts';

/** Of the cases of test/e2e/run-layers.test.ts, those that use each way of the overlay to say something. */
const names = [
  'only-reads',
  'delete-folder',
  'opaque-nested',
  'folder-to-link',
  'hard-link-to-old',
  'devices',
  'sockets',
].concat('capability-set', 'attribute-on-old', 'odd-names', 'swap-names', 'sparse');
const cases = runCases.filter(({ name }) => names.includes(name));

const env = ['PATH=/usr/bin:/bin'];
const failing: Readonly<Record<string, Partial<ExecStep>>> = {
  'not executable': { args: ['/etc/passwd'] },
  'a folder': { args: ['/etc'] },
  'no user': { user: 'nobody-here' },
  'no mount source': { mounts: [{ type: 'bind', target: '/x', source: '/none', segments: [], writable: false }] },
  'working folder is a file': { cwd: '/old/a' },
  // Less than the machine has in all, or the kernel would not even promise it; more than is free.
  'memory full': { args: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=200M', 'count=1'] },
  // The last: the disk stays full.
  'disk full': { args: ['dd', 'if=/dev/zero', 'of=/big', 'bs=1M'] },
};

/** Each step alone over the base, all in one machine. */
describeWithTools(['qemu-system-x86_64', 'busybox', 'setfattr', 'unshare', 'apt-get'], 'single steps', () => {
  let lab: StepLab;
  const facts = new Map<string, readonly LayerFact[]>();
  const ended = new Map<string, EndedStep>();

  beforeAll(async () => {
    lab = await openStepLab();
    const scratch = join(lab.folder, 'single.ext4');
    await writeEmptyDisk(scratch, { sizeMiB: 64, journal: false });
    const steps = [
      ...cases.map(({ script }) => anyStep({ args: ['/bin/sh', '-ec', script], env })),
      ...Object.values(failing).map((change) => anyStep({ env, ...change })),
    ];
    const [boot] = planBoots({ segments: lab.segments, steps }, scratch, { maxDrives: 8, prefix: 'vd' });
    if (boot === undefined) throw new Error('no boot');
    const keys = [...cases.map(({ name }) => name), ...Object.keys(failing)];
    {
      await using guest = await lab.boot(boot.drives);
      for (const [i, step] of steps.entries()) {
        const place = {
          number: i + 1,
          below: [],
          isLastOfBoot: i === steps.length - 1,
          segments: lab.segments,
          scratch,
          device: boot.device,
          agent: () => '',
        };
        const { emitter } = lab.request([]);
        ended.set(keys[i] ?? '', await runStep({ guest, step, place, emitter, signal: undefined }));
      }
      await guest.shutdown();
    }
    using opened = new DisposableStack();
    const base = [];
    for (const diffId of lab.base) base.push(opened.use(await lab.store.layers.open(diffId)));
    const disk = opened.use(new FileAccess(scratch));
    const shared = {
      layers: lab.store.layers,
      disk,
      parent: mergeLayers(base),
      clampTime: undefined,
      signal: undefined,
    };
    for (const [i, { name }] of cases.entries()) {
      using layer = await lab.store.layers.open(await readLayer({ ...shared, number: i + 1 }));
      facts.set(name, layerFacts(layer.index.entries(), layer.data));
    }
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  describe('give the layers of BuildKit', () => {
    it.each(cases.map((one) => [one.name, one] as const))('%s', (name, one) => {
      expect(ended.get(name)).toMatchObject({ exitCode: 0, error: undefined });
      expectAsBuildKit(one, facts.get(name) ?? []);
    });
  });

  it.each([
    ['not executable', { exitCode: 126, lastLines: ['exec: "/etc/passwd": permission denied'] }],
    ['a folder', { exitCode: 126, lastLines: ['exec: "/etc": is a directory'] }],
    ['no user', { exitCode: 125, error: { code: 'STEP_USER_UNKNOWN' } }],
    ['no mount source', { exitCode: 125, error: { code: 'STEP_MOUNT_IMPOSSIBLE' } }],
    ['working folder is a file', { exitCode: 125, error: { code: 'STEP_FOLDER_IMPOSSIBLE' } }],
    ['disk full', { exitCode: 1, oomKilled: false }],
    ['memory full', { exitCode: 137, oomKilled: true }],
  ])('say how they failed: %s', (name, expected) => {
    expect(ended.get(name)).toMatchObject(expected);
  });

  it('name the limit that was reached', () => {
    const resources = { vcpus: 1, memoryMiB: 256, scratchMiB: 64 };
    const hint = (name: string) => {
      const step = ended.get(name);
      return step === undefined ? undefined : failureHint(step, resources);
    };
    expect(hint('memory full')).toMatch(/memory: it has 256 MiB.*--memory/);
    expect(hint('disk full')).toMatch(/full: it has 64 MiB.*--scratch-size/);
    expect(hint('not executable')).toBeUndefined();
  });
});
