/**
 * Bringing a gzip layer into the store (one pass: both digests, decompression, index, sums, write and flush) beside
 * `gunzip | sha256sum` of the same file, which keeps nothing. Start-up counts on no side.
 */
import { createReadStream, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Digester } from '../src/base/digest.ts';
import { bundleScript } from './support/bundle-script.ts';
import { debianTar } from './support/debian-tar.ts';
import { machine, median, numberOption, runScript, type Taken, timeProgram, versionOf } from './support/measure.ts';
import { cacheFolder, workFolder } from './support/work-folder.ts';

interface Pulled extends Taken {
  readonly startMs: number;
  readonly peakMb: number;
}

const repetitions = numberOption('repetitions', 7);
using work = workFolder('pull');
const tar = debianTar();
if (tar !== undefined) await compare(tar);

async function compare(tar: string): Promise<void> {
  const child = await bundleScript(new URL('./pull-child.ts', import.meta.url), work.path);
  const layer = packed(tar);
  const [digest, diffId] = [await digestOf(layer), await digestOf(tar)];
  const empty = join(work.path, 'empty.gz');
  writeFileSync(empty, gzipSync(''));
  const theirs = (file: string) => timeProgram('sh', ['-c', 'gunzip < "$1" | sha256sum', 'sh', file]);
  const rows: { ours: Pulled; theirs: Taken; start: Taken }[] = [];
  for (let i = 0; i < repetitions; i++) {
    const dataDir = join(work.path, 'data');
    const ours = runScript<Pulled>(child, [dataDir, layer, digest, diffId]);
    rmSync(dataDir, { recursive: true });
    rows.push({ ours, theirs: theirs(layer), start: theirs(empty) });
  }
  const ours = (key: keyof Pulled) => median(rows.map((row) => row.ours[key]));
  const net = (key: keyof Taken) => median(rows.map((row) => row.theirs[key] - row.start[key]));
  const ratio = (net('wallMs') / ours('wallMs')).toFixed(2);
  const inS = (ms: number) => (ms / 1000).toFixed(3);
  console.log(`${machine()}\n${versionOf('gzip', '--version')}; ${versionOf('sha256sum', '--version')}`);
  console.log(`in ${work.path}; medians of ${repetitions}, interleaved; start-up of processes on no side\n`);
  console.log('| by | time, s | CPU, s | Firekiln is faster by |\n| --- | --- | --- | --- |');
  console.log(
    `| Firekiln, ${ours('peakMb').toFixed(0)} MB of memory | ${inS(ours('wallMs'))} | ${inS(ours('cpuMs'))} | |`,
  );
  console.log(`| gunzip, sha256sum | ${inS(net('wallMs'))} | ${inS(net('cpuMs'))} | ${ratio} |`);
  console.log(`\npull=${ratio}`);
}

function packed(tar: string): string {
  const path = join(cacheFolder(), 'debian-bookworm.tar.gz');
  if (!existsSync(path)) timeProgram('sh', ['-c', 'gzip -6 < "$1" > "$2.part" && mv "$2.part" "$2"', 'sh', tar, path]);
  return path;
}

async function digestOf(path: string): Promise<string> {
  const digester = new Digester();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digester.update(chunk as Buffer);
  return digester.digest();
}
