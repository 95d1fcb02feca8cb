/**
 * Runs whole commands on file systems that are full at a different point each time. Prints a JSON line for each size:
 * which commands failed, always for want of room. Ends with exit code 1 at anything else, or if something was lost.
 *
 *   node full-disk-worker.ts BUNDLE FOLDER FROM TO STEP      (sizes in KiB; needs the right to mount)
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess, tryProcess } from '../../../src/base/process.ts';
import { systemCode } from '../../../src/base/system-error.ts';
import { serveFakeRegistry } from '../fake-registry.ts';
import { auditStore, sha256 } from './audit-store.ts';
import { makeFaultContexts, serveFaultImage } from './fault-image.ts';

const [bundle = '', folder = '', from = '', to = '', step = ''] = process.argv.slice(2);
const place = join(folder, 'disk');
const image = 'docker.io/library/app:1';
const [context = ''] = makeFaultContexts(folder, 1);
await using registry = await serveFakeRegistry();
const pulled = `${registry.host}/app:1`;
const manifests = new Map([[pulled, serveFaultImage(registry, '1')]]);

/** `error[CODE]` of a command that failed, or nothing. */
async function firekiln(dataDir: string, ...args: string[]): Promise<string> {
  const { exitCode, stderr } = await tryProcess(process.execPath, {
    args: [bundle, ...args],
    env: { ...process.env, FIREKILN_DATA_DIR: dataDir, SOURCE_DATE_EPOCH: '1700000000' },
    timeoutMs: 60_000,
  });
  const code = /error\[(\w+)\]/.exec(stderr.toString())?.[1];
  if (exitCode === 0) return '';
  if (code === undefined) throw new Error(`${args.join(' ')}: exit code ${exitCode}: ${stderr.toString()}`);
  return code;
}

const files = { 'disk.ext4': 'type=ext4,free=1m', layout: 'type=oci', 'files.tar': 'type=tar' };
const build = (out: string) => [
  'build',
  '-q',
  '-t',
  'app:1',
  ...Object.entries(files).flatMap(([name, type]) => ['-o', `${type},dest=${join(out, name)}`]),
  context,
];
const contentOf = (path: string) => sha256(existsSync(join(path, 'index.json')) ? join(path, 'index.json') : path);

const reference = join(folder, 'reference');
await expectCode(reference, build(reference), ['']);
await expectCode(reference, ['purge'], ['']);
manifests.set(image, auditStore(reference).images.get(image) ?? '');

for (let size = Number(from); size <= Number(to); size += Number(step)) {
  mkdirSync(place, { recursive: true });
  await runProcess('mount', { args: ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', place] });
  try {
    console.log(JSON.stringify({ size, ...(await workUntilFull(size)) }));
  } finally {
    await runProcess('umount', { args: [place] });
  }
}

async function workUntilFull(size: number) {
  const [dataDir, out] = [join(place, 'data'), join(place, 'out')];
  const built = await expectCode(dataDir, build(out), ['', 'DISK_FULL']);
  const pull = await expectCode(dataDir, ['pull', '-q', pulled], ['', 'DISK_FULL']);
  checkOutputs(out, built === '');
  await fillUp(join(place, 'fill'));
  let purge = '';
  if (existsSync(join(dataDir, 'store/format.json'))) {
    await expectCode(dataDir, ['images'], ['']);
    await expectCode(dataDir, ['ps', '-a'], ['']);
    await expectCode(dataDir, ['inspect', 'app:1'], built === '' ? [''] : ['', 'IMAGE_NOT_FOUND']);
    await expectCode(dataDir, ['purge', '--dry-run'], ['']);
    purge = await expectCode(dataDir, ['purge'], ['', 'DISK_FULL']);
    await expectCode(dataDir, ['images'], ['']);
  }
  rmSync(join(place, 'fill'));
  await runProcess('mount', { args: ['-o', `remount,size=${size + 16384}k`, place] });
  await expectCode(dataDir, ['purge'], ['']);
  const { images } = auditStore(dataDir);
  for (const [name, manifest] of images) same(name, manifest, manifests.get(name));
  // A command whose very end failed may have committed what it made.
  if (built === '') same(image, images.get(image), manifests.get(image));
  if (pull === '') same(pulled, images.get(pulled), manifests.get(pulled));
  await expectCode(dataDir, build(out), ['']);
  await expectCode(dataDir, ['pull', '-q', pulled], ['']);
  checkOutputs(out, true);
  return { build: built, pull, purge };
}

async function expectCode(dataDir: string, args: string[], codes: readonly string[]): Promise<string> {
  const code = await firekiln(dataDir, ...args);
  if (!codes.includes(code)) throw new Error(`firekiln ${args.join(' ')} failed with ${code}`);
  return code;
}

/** Nothing half, and nothing unfinished beside it. */
function checkOutputs(out: string, all: boolean): void {
  const names = existsSync(out) ? readdirSync(out) : [];
  for (const name of names) same(name, contentOf(join(out, name)), contentOf(join(reference, name)));
  if (all) same('outputs', names.sort().join(), Object.keys(files).sort().join());
}

function same(what: string, found: string | undefined, wanted: string | undefined): void {
  if (found !== wanted) throw new Error(`${what}: found ${found}, not ${wanted}`);
}

async function fillUp(path: string): Promise<void> {
  for (let piece = 1 << 20; piece >= 1; piece >>= 1) {
    try {
      for (;;) await appendFile(path, Buffer.alloc(piece));
    } catch (error) {
      if (systemCode(error) !== 'ENOSPC') throw error;
    }
  }
}
