/**
 * Building again: everything cached, beside `buildah build --layers`; and a COPY of 1 KB over a small and a large base.
 * Whole processes, start-up included, as users see them.
 *
 *   npm run bench:rebuild
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../test/support/tools.ts';

const rounds = 11;
const root = new URL('..', import.meta.url).pathname;
const work = mkdtempSync(join(process.env.FIREKILN_BENCH_DIR ?? tmpdir(), 'firekiln-rebuild-'));
const env = { ...process.env, FIREKILN_DATA_DIR: join(work, 'data'), NO_COLOR: '1' };
const buildah = findTool('buildah');

try {
  execFileSync(process.execPath, [join(root, 'scripts/bundle.ts')], { stdio: 'inherit' });
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds, s\n`,
  );
  const figures = { ...nullRebuild(), ...lastCopy() };
  console.log(
    Object.entries(figures)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Everything cached: multi-stage, ten COPY, metadata; no RUN, so that both sides need no more than themselves. */
function nullRebuild(): Record<string, string> {
  const context = join(work, 'null');
  mkdirSync(context);
  const names = Array.from({ length: 10 }, (_, i) => `file${i}`);
  for (const name of names) writeFileSync(join(context, name), name.repeat(1000));
  const copies = names.map((name) => `COPY ${name} /app/${name}`).join('\n');
  writeFileSync(
    join(context, 'Dockerfile'),
    `FROM scratch AS one\n${copies}\nFROM scratch\nENV A=1\nCOPY --from=one /app /app\nLABEL b=2\nCMD ["/app"]\n`,
  );
  const ours = () => firekiln(['build', '-q', '-t', 'null', context]);
  ours();
  if (buildah === undefined) {
    console.log(`everything cached: Firekiln ${median(repeat(ours)).toFixed(3)}; buildah is not installed: skipped\n`);
    return {};
  }
  const storage = ['--root', join(work, 'buildah'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs'];
  const theirs = () =>
    time(buildah, [...storage, 'build', '--layers', '--isolation', 'chroot', '-q', '-t', 'null', context]);
  theirs();
  const times = Array.from({ length: rounds }, () => ({ ours: ours(), theirs: theirs() }));
  const mine = median(times.map((one) => one.ours));
  const other = median(times.map((one) => one.theirs));
  console.table({ 'everything cached': { firekiln: mine.toFixed(3), buildah: other.toFixed(3) } });
  return { buildah: (other / mine).toFixed(2) };
}

/** The last COPY has changed: what it costs must not follow the size of what lies below. */
function lastCopy(): Record<string, string> {
  const small = copyOver('small', 10_000);
  const large = copyOver('large', 100_000);
  console.table({
    'COPY of 1 KB over 10,000 files, 200 MB': { firekiln: small.toFixed(3) },
    'COPY of 1 KB over 100,000 files, 2 GB': { firekiln: large.toFixed(3) },
  });
  return { copy_ratio: (large / small).toFixed(2), copy_difference_ms: ((large - small) * 1000).toFixed(0) };
}

function copyOver(name: string, files: number): number {
  const base = join(work, name);
  mkdirSync(base);
  const bytes = Buffer.alloc(20_000, name);
  for (let i = 0; i < files; i++) {
    const folder = join(base, `d${i % 100}`);
    if (i < 100) mkdirSync(folder);
    bytes.writeUInt32LE(i);
    writeFileSync(join(folder, `f${i}`), bytes);
  }
  const dockerfile = join(work, `${name}.Dockerfile`);
  writeFileSync(dockerfile, 'FROM scratch\nCOPY . /data\n');
  firekiln(['build', '-q', '-t', name, '-f', dockerfile, base]);
  rmSync(base, { recursive: true });
  const context = join(work, `${name}-top`);
  mkdirSync(context);
  writeFileSync(join(context, 'Dockerfile'), `FROM ${name}\nCOPY top /top\n`);
  let round = 0;
  return median(
    repeat(() => {
      writeFileSync(join(context, 'top'), `${round++}`.padEnd(1024, 'x'));
      return firekiln(['build', '-q', '-t', `${name}-top`, context]);
    }),
  );
}

function firekiln(args: readonly string[]): number {
  return time(join(root, 'firekiln'), args);
}

function time(program: string, args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${String(stderr)}`);
  return (performance.now() - started) / 1000;
}

function repeat(measure: () => number): number[] {
  measure();
  return Array.from({ length: rounds }, measure);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
