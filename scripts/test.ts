/**
 * Runs the checks and the test suites one after the other, tells the failures once more, and ends with the line
 * `N passed, N failed`.
 *
 *   npm test                 everything that fits the time budget of CI
 *   npm test -- unit e2e     some suites
 *   npm run test:full        the full sets
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installTestPackages } from './ci-packages.ts';
import { endOfOutput, failuresOfReport } from './test-failures.ts';

interface Suite {
  readonly name: string;
  readonly command: readonly string[];
  /** Minutes after which the suite is stopped and counts as failed; without --full. About three times what it takes. */
  readonly budgetMinutes: number;
  readonly counts: 'vitest' | 'bed' | 'last-line' | 'exit-code';
}

/** Tests that take a bed of their own: emulated nested virtualisation was seen to fail after ten minutes. */
const longInBed = ['original-commands.test.ts', 'run-on-cni.test.ts'];
const restInBed = readdirSync(new URL('../test/firecracker', import.meta.url)).filter(
  (file) => file.endsWith('.test.ts') && !longInBed.includes(file),
);
const bed = (name: string, ...files: string[]): Suite => ({
  name,
  command: ['node', 'scripts/test-bed/main.ts', ...files],
  budgetMinutes: 20,
  counts: 'bed',
});
const vitest = (project: string) => ['node_modules/.bin/vitest', 'run', '--project', project];

const suites: readonly Suite[] = [
  { name: 'typecheck', command: ['node_modules/.bin/tsc', '--noEmit'], budgetMinutes: 4, counts: 'exit-code' },
  { name: 'format', command: ['node_modules/.bin/biome', 'ci', '.'], budgetMinutes: 2, counts: 'exit-code' },
  {
    name: 'lint',
    command: ['node_modules/.bin/oxlint', '--type-aware', '--deny-warnings'],
    budgetMinutes: 3,
    counts: 'exit-code',
  },
  { name: 'unused', command: ['node_modules/.bin/knip'], budgetMinutes: 3, counts: 'exit-code' },
  { name: 'docs', command: ['node', 'scripts/generate-docs.ts', '--check'], budgetMinutes: 2, counts: 'exit-code' },
  { name: 'architecture', command: vitest('architecture'), budgetMinutes: 2, counts: 'vitest' },
  { name: 'unit', command: vitest('unit'), budgetMinutes: 15, counts: 'vitest' },
  { name: 'conformance', command: vitest('conformance'), budgetMinutes: 10, counts: 'vitest' },
  {
    name: 'differential',
    command: ['node', 'test/differential/build/fuzz.ts', '--seed', '20261126', '--runs', '80', '--shrink', '10'],
    budgetMinutes: 12,
    counts: 'last-line',
  },
  { name: 'e2e', command: vitest('e2e'), budgetMinutes: 35, counts: 'vitest' },
  { name: 'faults', command: vitest('faults'), budgetMinutes: 12, counts: 'vitest' },
  ...longInBed.map((file) => bed(`firecracker-${file.replace('.test.ts', '')}`, file)),
  bed('firecracker', ...restInBed),
];

const words = process.argv.slice(2);
const full = words.includes('--full');
const asked = words.filter((word) => word !== '--full');
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}; there are: ${suites.map((suite) => suite.name).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const failures: string[] = [];
const checksOnly = ['typecheck', 'format', 'lint', 'unused', 'docs', 'architecture'];
const needsPackages = asked.length === 0 || asked.some((name) => !checksOnly.includes(name));
if (needsPackages && !installTestPackages() && process.env.CI === 'true') {
  failed++;
  failures.push('packages: not all could be installed');
}
for (const suite of suites) {
  if (asked.length > 0 && !asked.includes(suite.name)) continue;
  const result = await runSuite(suite);
  passed += result.passed;
  failed += result.failed;
}
if (failures.length > 0) console.log(`\n--- what failed\n${failures.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function runSuite(suite: Suite): Promise<{ passed: number; failed: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'firekiln-test-'));
  const results = join(folder, 'results');
  const report = join(results, 'report.json');
  const started = Date.now();
  console.log(`--- ${suite.name}`);
  try {
    const end = await run(
      [...suite.command, ...reporting(suite, results)],
      full ? undefined : suite.budgetMinutes * 60_000,
    );
    const counts = readCounts(suite, end, report);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`--- ${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
    if (counts.failed > 0) failures.push(...tellFailures(suite, end, [`${results}-again/report.json`, report]));
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What makes a suite write its report into a folder. */
function reporting({ counts }: Suite, results: string): string[] {
  switch (counts) {
    case 'vitest':
      return ['--reporter=default', '--reporter=json', `--outputFile.json=${results}/report.json`];
    case 'bed':
      return ['--keep', results];
    default:
      return [];
  }
}

/** Of the first report that has failures; else the end of what was printed. */
function tellFailures(suite: Suite, end: RunEnd, reports: readonly string[]): string[] {
  const found = reports.map(failuresOfReport).find((failures) => failures.length > 0);
  if (end.timedOut) return [`${suite.name}: did not end within ${suite.budgetMinutes} minutes`];
  return (found ?? [`\n${endOfOutput(end.output)}`]).map((failure) => `${suite.name}: ${failure}`);
}

function readCounts(suite: Suite, end: RunEnd, report: string): { passed: number; failed: number } {
  if (end.timedOut) console.log(`${suite.name} did not end within ${suite.budgetMinutes} minutes`);
  const atLeastOneFailure = end.code === 0 ? 0 : 1;
  switch (suite.counts) {
    case 'exit-code':
      return { passed: end.code === 0 ? 1 : 0, failed: atLeastOneFailure };
    case 'bed':
    case 'last-line': {
      const match = /(\d+) passed, (\d+) failed\s*$/.exec(end.output);
      const failures = Number(match?.[2] ?? 0);
      return { passed: Number(match?.[1] ?? 0), failed: Math.max(failures, atLeastOneFailure) };
    }
    case 'vitest': {
      try {
        const json = JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number };
        return { passed: json.numPassedTests, failed: Math.max(json.numFailedTests, atLeastOneFailure) };
      } catch {
        return { passed: 0, failed: 1 };
      }
    }
  }
}

interface RunEnd {
  readonly code: number;
  readonly timedOut: boolean;
  /** The end of standard output. */
  readonly output: string;
}

function run(command: readonly string[], timeoutMs: number | undefined): Promise<RunEnd> {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('no command');
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    // Debian keeps mke2fs and others where an ordinary user's PATH does not look.
    env: {
      ...process.env,
      PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`,
      ...(full ? { FIREKILN_TEST_FULL: '1' } : {}),
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    process.stdout.write(chunk);
    output = (output + chunk.toString()).slice(-4096);
  });
  return new Promise((resolve) => {
    let timedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
          }, timeoutMs);
    child.once('error', (error) => {
      console.error(String(error));
      clearTimeout(timer);
      resolve({ code: 127, timedOut, output });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, timedOut, output });
    });
  });
}
