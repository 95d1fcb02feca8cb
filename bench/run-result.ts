/**
 * Reading the result of a RUN that wrote 1 MB, in 100 files and over 20 old ones, onto a base of 2 GB with 120,000
 * files: from the scratch disk after power-off to a layer in the store. The disk is one of ours, as a clean shutdown
 * leaves it. The same over a base of 20 MB shows what the base costs.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { writeExt4 } from '../src/formats/ext4/writer/write-ext4.ts';
import { openStore } from '../src/store/open-store.ts';
import { anyIdentity } from '../test/support/ext4-image.ts';
import { type MemoryFile, memoryTree } from '../test/support/memory-tree.ts';
import { bundleScript } from './support/bundle-script.ts';
import { machine, median, numberOption, runScript, type Taken } from './support/measure.ts';
import { filesTar } from './support/small-files.ts';
import { workFolder } from './support/work-folder.ts';

const repetitions = numberOption('repetitions', 11);
const bases = [
  { name: '20 MB, 1,200 files', files: 1200, meanBytes: 15_000 },
  { name: '2 GB, 120,000 files', files: 120_000, meanBytes: 15_000 },
];
using work = workFolder('run-result');
const child = await bundleScript(new URL('./run-result-child.ts', import.meta.url), work.path);
const scratch = join(work.path, 'scratch.ext4');
await writeScratch();
console.log(`${machine()}\nin ${work.path}; medians of ${repetitions}; start-up of the process not counted\n`);
console.log('| base | time, s | most, s | CPU, s |\n| --- | --- | --- | --- |');
let last = 0;
for (const { name, files, meanBytes } of bases) {
  const dataDir = join(work.path, `data-${files}`);
  const base = await storedLayer(dataDir, files, meanBytes);
  const all = Array.from({ length: repetitions }, () => runScript<Taken>(child, [dataDir, scratch, base]));
  last = median(all.map(({ wallMs }) => wallMs));
  const cells = [last, Math.max(...all.map(({ wallMs }) => wallMs)), median(all.map(({ cpuMs }) => cpuMs))];
  console.log(`| ${name} | ${cells.map((ms) => (ms / 1000).toFixed(3)).join(' | ')} |`);
}
console.log(`\nrun_result_s=${(last / 1000).toFixed(3)}`);

async function storedLayer(dataDir: string, files: number, meanBytes: number): Promise<string> {
  await using store = await openStore({ dataDir });
  return (await store.layers.put(filesTar(files, meanBytes))).diffId;
}

async function writeScratch(): Promise<void> {
  const files: MemoryFile[] = Array.from({ length: 100 }, (_, i) => ({
    path: i < 20 ? `u1/srv/group-0/part-0/0/file-${i.toString(36)}.txt` : `u1/opt/new/file-${i}`,
    content: Buffer.alloc(10_000, i),
    seconds: 1_750_000_000,
  }));
  await using file = await open(scratch, 'w');
  const sink = {
    write: async (data: Uint8Array, at: number) => void (await file.write(data, 0, data.length, at)),
  };
  const { size } = await writeExt4(memoryTree(files), sink, { identity: anyIdentity, writable: { size: 4 * 2 ** 30 } });
  await file.truncate(size);
}
