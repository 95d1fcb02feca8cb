/**
 * The Dockerfile frontend beside BuildKit's own code (Go), on the same input in the same run: parsing and reading the
 * instructions of a 500-line Dockerfile, and matching 100,000 paths against 50 ignore patterns. Before that, all that a
 * build does with that Dockerfile before it builds.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { compilePatternSet, type FolderMatch } from '../src/formats/patterns/pattern-set.ts';
import { readDockerfile } from '../src/frontend/instructions/read-dockerfile.ts';
import { parseDockerfile } from '../src/frontend/syntax/parse-dockerfile.ts';
import { startOracle } from '../test/differential/oracle.ts';
import { dockerfileOf500Lines, ignorePatterns, pathsOfTree } from './frontend-input.ts';
import { timeOfPlan } from './plan-dockerfile.ts';
import { bundleScript } from './support/bundle-script.ts';
import { median, runScript } from './support/measure.ts';
import { workFolder } from './support/work-folder.ts';

interface Row {
  readonly name: string;
  readonly what: string;
  readonly oursMs: number;
  readonly theirsMs: number;
}

interface IgnoreReply {
  readonly matched: number;
  readonly walked: number;
  readonly eachMs: number;
  readonly walkMs: number;
}

const dockerfile = dockerfileOf500Lines();
using folder = workFolder('frontend');
const firstPlan = await timeOfFirstPlan(folder.path);
const paths = pathsOfTree(100_000);
await using oracle = startOracle();
const plans: number[] = [];
for (let count = 0; count < 20; count++) plans.push(await timeOfPlan(dockerfile));
const plan = median(plans);
const rows: Row[] = [await benchParse(), ...(await benchIgnore())];
const go = execFileSync('go', ['version'], { encoding: 'utf8' }).trim();
console.log(`${cpus()[0]?.model}, ${cpus().length} cores; node ${process.versions.node}; ${go}; BuildKit v0.34.2\n`);
console.log('| what | Firekiln, ms | BuildKit, ms | ratio |\n| --- | --- | --- | --- |');
for (const row of rows) {
  console.log(`| ${row.what} | ${row.oursMs.toFixed(2)} | ${row.theirsMs.toFixed(2)} | ${ratioOf(row)} |`);
}
console.log(
  `\nparse, check and plan of 500 lines: ${firstPlan.toFixed(1)} ms the first time, in a new process, ` +
    `${plan.toFixed(1)} ms then; target: 30 ms`,
);
console.log(`\nplan_ms=${firstPlan.toFixed(1)} ${rows.map((row) => `${row.name}=${ratioOf(row)}`).join(' ')}`);

/**
 * As a build does it, once in a process of its own; bundled and with Node's compile cache, as the shipped program. Before
 * anything else is held in memory, and not counting the run that fills the cache.
 */
async function timeOfFirstPlan(folder: string): Promise<number> {
  const child = await bundleScript(new URL('frontend-child.ts', import.meta.url), folder);
  process.env.NODE_COMPILE_CACHE = join(folder, 'compile-cache');
  const [, ...times] = Array.from({ length: 10 }, () => runScript<number>(child, []));
  return median(times);
}

/** Above 1, Firekiln is faster. */
function ratioOf({ oursMs, theirsMs }: Row): string {
  return (theirsMs / oursMs).toFixed(2);
}

async function benchParse(): Promise<Row> {
  const run = () => readDockerfile(parseDockerfile({ file: 'Dockerfile', text: dockerfile }));
  const first = timeOf(run);
  const times = Array.from({ length: 50 }, () => timeOf(run)).sort((a, b) => a - b);
  const { ms } = await oracle.ask<{ ms: number }>({ op: 'bench-parse', text: dockerfile, repetitions: 200 });
  console.log(
    `the first parse of ${dockerfile.split('\n').length} lines, code not yet compiled: ${first.toFixed(1)} ms\n`,
  );
  return { name: 'parse', what: 'parse 500 lines, code warm', oursMs: times[25] ?? 0, theirsMs: ms };
}

async function benchIgnore(): Promise<Row[]> {
  const theirs = await oracle.ask<IgnoreReply>({ op: 'bench-ignore', patterns: ignorePatterns, paths });
  let matched = 0;
  const eachMs = timeOf(() => {
    const set = compilePatternSet(ignorePatterns);
    for (const path of paths) if (set.matches(path)) matched++;
  });
  let walked = 0;
  const walkMs = timeOf(() => {
    const set = compilePatternSet(ignorePatterns);
    const states = new Map<string, FolderMatch>();
    for (const path of paths) {
      const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      const result = set.matchWithin(path, states.get(folder));
      states.set(path, result.state);
      if (result.matches) walked++;
    }
  });
  if (matched !== theirs.matched || walked !== theirs.walked) {
    throw new Error(`different results: ${matched} and ${walked}, ${theirs.matched} and ${theirs.walked} of BuildKit`);
  }
  return [
    {
      name: 'ignore_each',
      what: `${paths.length} paths, each alone, ${matched} ignored`,
      oursMs: eachMs,
      theirsMs: theirs.eachMs,
    },
    {
      name: 'ignore_walk',
      what: `${paths.length} paths, as a walk, ${walked} ignored`,
      oursMs: walkMs,
      theirsMs: theirs.walkMs,
    },
  ];
}

function timeOf(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
