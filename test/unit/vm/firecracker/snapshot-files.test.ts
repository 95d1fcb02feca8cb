import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { silentEmitter } from '../../../../src/base/events.ts';
import type { MachineSpec } from '../../../../src/vm/driver.ts';
import {
  readSnapshotFacts,
  requireFitting,
  snapshotFiles,
  writeSnapshotFacts,
} from '../../../../src/vm/firecracker/snapshot-files.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();
const vmm = { version: '1.12.1', format: '6.1.0', isJailed: false };
let spec: MachineSpec;

beforeEach(async () => {
  const path = join(folder.path, 'drive');
  await writeFile(path, 'x'.repeat(4096));
  spec = {
    id: 'm',
    kernel: { vmlinux: '' },
    initrds: [],
    kernelArgs: [],
    vcpus: 1,
    memoryMiB: 64,
    drives: [{ id: 'a', path, readOnly: true }],
    runDir: folder.path,
    emitter: silentEmitter,
  };
  await writeFile(join(folder.path, snapshotFiles.memory), '');
  await truncate(join(folder.path, snapshotFiles.memory), 64 << 20);
  await writeSnapshotFacts(folder.path, spec, vmm);
});

const fit = async (change: Partial<MachineSpec>, here: Partial<typeof vmm> = {}) =>
  await requireFitting(folder.path, await readSnapshotFacts(folder.path), { ...spec, ...change }, { ...vmm, ...here });

it('takes a machine that is the same', async () => {
  await fit({ id: 'other', runDir: '/elsewhere' }, { format: '6.2.0' });
});

it.each<[string, Partial<MachineSpec>, Partial<typeof vmm>, RegExp]>([
  ['a newer format', {}, { format: '6.0.0' }, /its format is 6.1.0 \(Firecracker 1.12.1\), here it is 6.0.0/],
  ['a format that changed', {}, { format: '7.1.0' }, /its format is/],
  ['a jail', {}, { isJailed: true }, /its VMM in a jail is false, here it is true/],
  ['more processors', { vcpus: 2 }, {}, /its number of processors is 1, here it is 2/],
  ['other memory', { memoryMiB: 128 }, {}, /its memory in MiB is 64/],
  ['no drives', { drives: [] }, {}, /its number of drives is 1, here it is 0/],
  ['metadata', { metadata: { content: {} } }, {}, /its metadata service is false/],
])('refuses %s', async (_, change, here, message) => {
  await expect(fit(change, here)).rejects.toMatchObject({
    code: 'SNAPSHOT_INCOMPATIBLE',
    message: expect.stringMatching(message),
  });
});

it('refuses another drive, and memory that was cut', async () => {
  const [drive] = spec.drives;
  if (drive === undefined) throw new Error('no drive');
  await expect(fit({ drives: [{ ...drive, readOnly: false }] })).rejects.toThrow(/its drive 1 is .*"readOnly":true/);
  await truncate(drive.path, 8192);
  await expect(fit({})).rejects.toThrow(/its drive 1 is .*"size":4096.*here it is .*"size":8192/);
  await truncate(drive.path, 4096);
  await truncate(join(folder.path, snapshotFiles.memory), 4096);
  await expect(fit({})).rejects.toThrow(/its memory file in bytes is 4096, here it is 67108864/);
});

it.each(['', '{', 'null', '[]', '{"id":1}', '{"id":"x","drives":{}}', '{"id":"x","drives":[],"driver":"firecracker"}'])(
  'refuses facts that are %j',
  async (text) => {
    const path = join(folder.path, snapshotFiles.facts);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ driver: 'firecracker' });
    await writeFile(path, text);
    await expect(fit({})).rejects.toMatchObject({ code: 'SNAPSHOT_INCOMPATIBLE' });
  },
);
