/**
 * What starting the command line costs beside starting Node: `./firekiln version` against `node -e 0`, alternating.
 *
 *   npm run bench:startup
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

const root = new URL('..', import.meta.url).pathname;
const rounds = 21;

const launcher = () => run(`${root}firekiln`, ['version']);
const node = () => run(process.execPath, ['-e', '0']);
launcher();
const times = Array.from({ length: rounds }, () => ({ launcher: launcher(), node: node() }));
const rows = (['launcher', 'node'] as const).map((name) => {
  const sorted = times.map((time) => time[name]).sort((a, b) => a - b);
  return { name, minimum: sorted[0] ?? 0, median: sorted[rounds >> 1] ?? 0, maximum: sorted.at(-1) ?? 0 };
});

console.log(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds, ms`);
console.table(rows.map(({ name, ...rest }) => ({ name, ...mapValues(rest, (ms) => ms.toFixed(1)) })));
const [own, bare] = rows;
console.log(`startup_over_node_ms=${((own?.median ?? 0) - (bare?.median ?? 0)).toFixed(1)}`);

function run(program: string, args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${String(stderr)}`);
  return performance.now() - started;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
