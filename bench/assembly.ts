/**
 * From the tar of a tree to an ext4 image: an already stored and indexed layer to a segment, beside hcsshim's tar2ext4
 * and beside tar with mke2fs, on the same tar, one after the other, several times. Start-up of the processes counts on
 * no side: ours is measured within the process, that of the others by running them on an empty archive.
 */
import { createReadStream, createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openStore } from '../src/store/open-store.ts';
import { findTool } from '../test/support/tools.ts';
import { bundleScript } from './support/bundle-script.ts';
import { debianTar } from './support/debian-tar.ts';
import {
  machine,
  median,
  numberOption,
  runScript,
  sumOf,
  type Taken,
  timeProgram,
  versionOf,
} from './support/measure.ts';
import { filesTar } from './support/small-files.ts';
import { tar2ext4, tar2ext4Version } from './support/tar2ext4.ts';
import { workFolder } from './support/work-folder.ts';

interface Assembled extends Taken {
  readonly startMs: number;
  readonly peakMb: number;
  readonly path: string;
}

interface Peer {
  readonly name: string;
  readonly what: string;
  /** Makes the image at a path out of a tar. */
  readonly make: (tar: string, image: string) => Taken;
}

const repetitions = numberOption('repetitions', 7);
const smallFiles = 120_000;
using work = workFolder('assembly');
const child = await bundleScript(new URL('./assembly-child.ts', import.meta.url), work.path);
const results: string[] = [];
const table: string[] = [];
const peers = findPeers();
const emptyTar = join(work.path, 'empty.tar');
await pipeline(filesTar(0, 0), createWriteStream(emptyTar));

const mke2fsVersion = versionOf(findTool('mke2fs') ?? 'mke2fs', '-V');
console.log(`${machine()}\ntar2ext4 ${tar2ext4Version}; ${versionOf('tar', '--version')}; ${mke2fsVersion}`);
console.log(`in ${work.path}; medians of ${repetitions}, interleaved; start-up of processes on no side\n`);

const debian = debianTar();
if (debian !== undefined) await compare('Debian tree', '', debian);
const small = join(work.path, 'small.tar');
await pipeline(filesTar(smallFiles, 1500), createWriteStream(small));
await compare(`${smallFiles} small files`, '_small', small);
rmSync(small);
results.push(`rss_mb=${(await memoryOfLargeImage()).toFixed(0)}`);

console.log('| input | by | time, s | least, s | CPU, s | with start-up, s | Firekiln is faster by | by CPU time |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const line of table) console.log(line);
console.log(`\n${results.join(' ')}`);

async function compare(input: string, suffix: string, tar: string): Promise<void> {
  const dataDir = join(work.path, `data${suffix}`);
  const diffId = await store(dataDir, createReadStream(tar, { highWaterMark: 1 << 20 }));
  check(dataDir, diffId);
  const ours: Assembled[] = [];
  const theirs = peers.map((peer) => ({ peer, whole: [] as Taken[], starts: [] as Taken[] }));
  for (let i = 0; i < repetitions; i++) {
    ours.push(runScript<Assembled>(child, [dataDir, diffId]));
    for (const { peer, whole, starts } of theirs) {
      whole.push(runPeer(peer, tar));
      starts.push(runPeer(peer, emptyTar));
    }
  }
  const title = `${input}, ${Math.round(statSync(tar).size / 1e6)} MB`;
  const [wall, cpu] = [medianOf(ours, 'wallMs'), medianOf(ours, 'cpuMs')];
  const started = wall + median(ours.map(({ startMs }) => startMs));
  table.push(row(title, 'Firekiln', wall, least(ours), cpu, started));
  for (const { peer, whole, starts } of theirs) {
    const startUp = medianOf(starts, 'wallMs');
    const net = medianOf(whole, 'wallMs') - startUp;
    const netCpu = medianOf(whole, 'cpuMs') - medianOf(starts, 'cpuMs');
    const ratio = (net / wall).toFixed(2);
    table.push(
      row(title, peer.what, net, least(whole) - startUp, netCpu, net + startUp, ratio, (netCpu / cpu).toFixed(2)),
    );
    results.push(`${peer.name}${suffix}=${ratio}`);
  }
  rmSync(dataDir, { recursive: true });
}

/** Not timed: what is measured must be right. */
function check(dataDir: string, diffId: string): void {
  const e2fsck = findTool('e2fsck');
  if (e2fsck === undefined) {
    console.log('skipped: e2fsck is not installed, so nothing checks the images');
    return;
  }
  const { path } = runScript<Assembled>(child, [dataDir, diffId, 'keep']);
  timeProgram(e2fsck, ['-fn', path]);
  // Found again, and removed this time.
  runScript<Assembled>(child, [dataDir, diffId]);
}

function runPeer(peer: Peer, tar: string): Taken {
  const image = join(work.path, 'peer.ext4');
  const taken = peer.make(tar, image);
  rmSync(image, { force: true });
  rmSync(join(work.path, 'tree'), { recursive: true, force: true });
  return taken;
}

function findPeers(): Peer[] {
  const found: Peer[] = [];
  const converter = tar2ext4();
  if (converter !== undefined) {
    const make = (tar: string, image: string) => timeProgram(converter, ['-i', tar, '-o', image]);
    found.push({ name: 'tar2ext4', what: 'tar2ext4', make });
  }
  const mke2fs = findTool('mke2fs');
  if (mke2fs === undefined) console.log('skipped: mke2fs is not installed');
  else if (process.getuid?.() !== 0) console.log('skipped: tar and mke2fs keep owners and devices only as root');
  else
    found.push({ name: 'mke2fs', what: 'tar -x, mke2fs -d', make: (tar, image) => unpackAndMake(mke2fs, tar, image) });
  return found;
}

function unpackAndMake(mke2fs: string, tar: string, image: string): Taken {
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  const unpacked = timeProgram('tar', ['-xpf', tar, '-C', tree, '--numeric-owner']);
  const mib = Math.ceil(statSync(tar).size / 2 ** 20) * 3 + 64;
  const made = timeProgram(mke2fs, [
    '-q',
    '-t',
    'ext4',
    '-i',
    '4096',
    '-O',
    '^has_journal',
    '-d',
    tree,
    image,
    `${mib}M`,
  ]);
  return sumOf([unpacked, made]);
}

/** MB at the peak of a process that makes an image of 2 GB out of as many entries. */
async function memoryOfLargeImage(): Promise<number> {
  const dataDir = join(work.path, 'data-large');
  const diffId = await store(dataDir, filesTar(smallFiles, 15_000));
  const { path, peakMb, wallMs, cpuMs, startMs } = runScript<Assembled>(child, [dataDir, diffId, 'keep']);
  const title = `${smallFiles} files, image of ${(statSync(path).size / 1e9).toFixed(2)} GB`;
  table.push(row(title, `Firekiln, ${peakMb.toFixed(0)} MB of memory`, wallMs, wallMs, cpuMs, wallMs + startMs));
  rmSync(dataDir, { recursive: true });
  return peakMb;
}

async function store(dataDir: string, tar: AsyncIterable<Uint8Array>): Promise<string> {
  await using opened = await openStore({ dataDir });
  return (await opened.layers.put(tar)).diffId;
}

function medianOf(all: readonly Taken[], of: keyof Taken): number {
  return median(all.map((taken) => taken[of]));
}

function least(all: readonly Taken[]): number {
  return Math.min(...all.map(({ wallMs }) => wallMs));
}

/** Times are in milliseconds. */
function row(...cells: readonly (string | number)[]): string {
  const shown = cells.map((cell) => (typeof cell === 'number' ? (cell / 1000).toFixed(3) : cell));
  return `| ${[...shown, '', '', ''].slice(0, 8).join(' | ')} |`;
}
