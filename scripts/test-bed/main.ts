/**
 * Runs the end-to-end suite with real Firecracker in an emulated host that has a working /dev/kvm. Ends with the line
 * `N passed, N failed`. Needs no root.
 *
 *   npm run test:firecracker                     all of test/firecracker
 *   npm run test:firecracker -- driver           the files whose path has "driver" in it
 *   npm run test:firecracker -- -v               with the bed's console
 *   npm run test:firecracker -- --keep DIR       logs and reports are kept in DIR
 *   npm run test:firecracker -- --exec 'CMD'     runs CMD in the bed instead, in /project
 *   npm run test:firecracker -- --shell          a shell in the bed, on this terminal
 *   npm run test:firecracker -- --binaries DIR   with the static firecracker and jailer of a folder, as of another release
 *   npm run test:firecracker -- --full           with what takes too long for every run, within two hours
 *   npm run test:firecracker -- --here           the suite on this machine, as root, where KVM works
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { findProgram } from '../../src/base/find-program.ts';
import { startProcess } from '../../src/base/process.ts';
import { quoteWord } from '../../src/base/quote-command.ts';
import { prepareBed } from './bed.ts';
import { runOuterVm } from './outer-vm.ts';
import { projectDrive } from './project-drive.ts';
import { readResults, resultsDrive } from './results.ts';

const shownConsoleBytes = 8192;
/** Nested virtualisation is emulated too, and seldom corrupts the kernel that uses it. No test makes its host panic. */
const outerPanic = /Kernel panic - not syncing: corrupted stack/;

/** Node itself was seen to crash as it started in the emulated processor; a test that crashes its worker is a failed test. */
const onceMore = `work
code=$?
if [ $code = 139 ]; then
  echo 'bed: the command ended with SIGSEGV; once more'
  work
  code=$?
fi
`;

const { values: flags, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    verbose: { type: 'boolean', short: 'v', default: false },
    keep: { type: 'string' },
    exec: { type: 'string' },
    binaries: { type: 'string' },
    shell: { type: 'boolean', default: false },
    here: { type: 'boolean', default: false },
    full: { type: 'boolean', default: process.env.FIREKILN_TEST_FULL === '1' },
  },
});

/** No test takes that long, and each ends with a line. */
const silenceMs = flags.shell || flags.full || flags.exec !== undefined ? undefined : 600_000;
/** Of the outer VM. */
const deadlineMinutes = flags.full ? 120 : 30;

try {
  process.exitCode = flags.here ? await runHere() : await runInBed();
} catch (error) {
  if (error instanceof FirekilnError)
    console.error(error.message, ...(error.details ?? []).map((line) => `\n  ${line}`));
  else console.error(error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}

/** The suite as a shell command; the report goes into `folder`. */
function suiteCommand(folder: string): string[] {
  return [
    ['node', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'firecracker', ...filters],
    ['--reporter=verbose', '--reporter=json', '--reporter=junit'],
    [`--outputFile.json=${folder}/report.json`, `--outputFile.junit=${folder}/report.xml`],
  ].flat();
}

async function runHere(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'firekiln-bed-'));
  try {
    const [, ...args] = suiteCommand(folder);
    const running = await startProcess(process.execPath, { args, stdout: { fd: 1 }, stderr: { fd: 2 } });
    await running.result;
    return printCounts(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInBed(): Promise<number> {
  const missing = await missingPrograms();
  if (missing.length > 0) {
    const failed = process.env.CI === 'true';
    console.log(`${failed ? 'failed' : 'skipped'}: not installed: ${missing.join(', ')}`);
    console.log(`0 passed, ${failed ? 1 : 0} failed`);
    return failed ? 1 : 0;
  }
  const bed = await prepareBed();
  const scratch = await mkdtemp(join(tmpdir(), 'firekiln-bed-'));
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const keep = flags.keep === undefined ? join(scratch, 'results') : resolve(flags.keep);
    const results = await resultsDrive(scratch);
    const project = await projectDrive({
      scratch,
      command: bedCommand(),
      terminal: flags.shell,
      binaries: flags.binaries,
    });
    const outer = async () => {
      let tail = '';
      const end = await runOuterVm({
        ...bed,
        project,
        results,
        deadlineMs: deadlineMinutes * 60_000,
        silenceMs,
        terminal: flags.shell,
        signal: interrupt.signal,
        onConsole: (chunk) => {
          tail = (tail + chunk.toString()).slice(-shownConsoleBytes);
          if (flags.verbose || flags.exec !== undefined) process.stdout.write(chunk);
        },
      });
      return { end, tail, found: await readResults(results, keep) };
    };
    let { end, tail, found } = await outer();
    if (end === 'hung' || (found === undefined && outerPanic.test(tail))) {
      const what = end === 'hung' ? 'hung' : 'panicked';
      console.log(`${tail}\ntest bed: the outer VM ${what}; above is the end of its console. Once more`);
      ({ end, tail, found } = await outer());
    }
    if (found === undefined || end !== 'reset') {
      const why = {
        reset: 'ended without results',
        failed: 'failed',
        hung: 'hung',
        deadline: `ran over ${deadlineMinutes} minutes`,
      };
      console.log(`${tail}\ntest bed: the outer VM ${why[end]}; above is the end of its console`);
      console.log('0 passed, 1 failed');
      return 1;
    }
    if (flags.exec !== undefined || flags.shell) return found.exitCode;
    if (!flags.verbose) process.stdout.write(await readFile(join(keep, 'log')));
    return Math.max(printCounts(keep), found.exitCode === 0 ? 0 : 1);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What runs in the bed, as a shell script. */
function bedCommand(): string {
  const fullSet = flags.full ? 'export FIREKILN_TEST_FULL=1\n' : '';
  if (flags.shell) return `${fullSet}bash -i\necho $? >/tmp/exit-code\n`;
  const command = flags.exec ?? suiteCommand('/tmp/results').map(quoteWord).join(' ');
  return `${fullSet}work() (\n${command}\n)\n${onceMore}echo $code >/tmp/exit-code\n`;
}

async function missingPrograms(): Promise<string[]> {
  const needed = ['qemu-system-x86_64', 'mmdebstrap', 'pip', 'tar', 'git'];
  const found = await Promise.all(needed.map((name) => findProgram(name)));
  return needed.filter((_, i) => found[i] === undefined);
}

/** Prints the last line; the exit code. */
function printCounts(folder: string): number {
  let counts = { numPassedTests: 0, numFailedTests: 1, numFailedTestSuites: 0 };
  try {
    counts = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  } catch (error) {
    console.log(`test bed: no report: ${String(error)}`);
  }
  // A file that can't be loaded fails without any failing test in it.
  const failed = Math.max(counts.numFailedTests, counts.numFailedTestSuites > 0 ? 1 : 0);
  console.log(`${counts.numPassedTests} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
