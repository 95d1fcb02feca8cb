import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentEmitter } from '../../../../src/base/events.ts';
import { MetricsPipe } from '../../../../src/vm/firecracker/metrics-pipe.ts';
import { PlainPlace } from '../../../../src/vm/firecracker/plain-place.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const folder = useTemporaryFolder();

function placeIn(runDir: string): PlainPlace {
  const spec = { id: 'm', kernel: { vmlinux: '' }, initrds: [], kernelArgs: [], vcpus: 1, memoryMiB: 64, drives: [] };
  return new PlainPlace({ ...spec, runDir, emitter: silentEmitter }, 'firecracker');
}

it('keeps the newest records, whatever is between them', async () => {
  const pipe = await MetricsPipe.create(placeIn(folder.path));
  expect((await stat(join(folder.path, pipe.path))).mode & 0o777).toBe(0o600);
  await using writer = await open(join(folder.path, pipe.path), 'r+');
  const write = async (text: string) => void (await writer.write(text));
  const { signal } = new AbortController();
  expect(await pipe.collect(async () => await write('{"a":1}\n'), signal)).toEqual([{ a: 1 }]);
  await write('half of a rec');
  await write('ord"}\nnull\n\n[1]\n{"a"');
  const records = await pipe.collect(async () => await write(':2}\n'), signal);
  expect(records.at(-1)).toEqual({ a: 2 });
  for (let i = 0; i < 200; i++) await write(`{"n":${i}}\n`);
  const newest = await pipe.collect(async () => await write('{"n":"last"}\n'), signal);
  expect(newest.length).toBeLessThanOrEqual(64);
  pipe.close();
});

it('waits no longer than it may', async () => {
  const pipe = await MetricsPipe.create(placeIn(folder.path));
  await expect(pipe.collect(async () => {}, AbortSignal.timeout(20))).rejects.toThrow('Firecracker wrote no metrics');
  pipe.close();
});
