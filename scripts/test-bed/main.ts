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
 *   npm run test:firecracker -- --once           without repeating what fails
 *   npm run test:firecracker -- --full           with what takes too long for every run, within two hours
 *   npm run test:firecracker -- --here           the suite on this machine, as root, where KVM works
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FirekilnError } from '../../src/base/errors/firekiln-error.ts';
import { findProgram } from '../../src/base/find-program.ts';
import { startProcess } from '../../src/base/process.ts';
import { quoteWord } from '../../src/base/quote-command.ts';
import { prepareBed } from './bed.ts';
import { isEmulated } from './outer-vm.ts';
import { nothingReported, passedOutside, readReport, type SuiteReport } from './report.ts';
import { type BedWork, runInOuterVm } from './run-in-outer-vm.ts';

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
    once: { type: 'boolean', default: false },
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

/** The suite as a command; the report goes into `folder`. */
function suiteCommand(folder: string, files: readonly string[], retries: number): string[] {
  return [
    ['node', 'node_modules/vitest/vitest.mjs', 'run', '--project', 'firecracker', ...files],
    ['--reporter=verbose', '--reporter=json', '--reporter=junit', `--retry=${retries}`],
    [`--outputFile.json=${folder}/report.json`, `--outputFile.junit=${folder}/report.xml`],
  ].flat();
}

async function runHere(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'firekiln-bed-'));
  try {
    const [, ...args] = suiteCommand(folder, filters, 0);
    const running = await startProcess(process.execPath, { args, stdout: { fd: 1 }, stderr: { fd: 2 } });
    await running.result;
    return printCounts(await readReport(folder));
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
  const bed = await prepareBed(flags);
  const scratch = await mkdtemp(join(tmpdir(), 'firekiln-bed-'));
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const keep = flags.keep === undefined ? join(scratch, 'results') : resolve(flags.keep);
    const work: BedWork = {
      bed,
      scratch,
      signal: interrupt.signal,
      deadlineMinutes,
      silenceMs,
      terminal: flags.shell,
      showsConsole: flags.verbose || flags.exec !== undefined,
      binaries: flags.binaries,
    };
    if (flags.exec !== undefined || flags.shell) return (await runInOuterVm(work, bedCommand(), keep))?.exitCode ?? 1;
    return await runSuite(work, keep);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * Emulated, a test that fails is repeated at once, and a file that fails for all that in a new bed: emulated nested
 * virtualisation now and then loses an interrupt or makes a guest reset. What was repeated is told.
 */
async function runSuite(work: BedWork, keep: string): Promise<number> {
  const repeats = isEmulated() && !flags.once;
  const run = async (files: readonly string[], folder: string): Promise<SuiteReport> => {
    const command = suiteCommand('/tmp/results', files, repeats ? 1 : 0);
    const found = await runInOuterVm(work, bedCommand(command.map(quoteWord).join(' ')), folder);
    if (found === undefined) return nothingReported;
    if (!flags.verbose) process.stdout.write(await readFile(join(folder, 'log')));
    const report = await readReport(folder);
    return found.exitCode === 0 || report.failed > 0 ? report : { ...report, failed: 1 };
  };
  const first = await run(filters, keep);
  if (first.failedFiles.length === 0 || !repeats || work.signal.aborted) return printCounts(first);
  const files = first.failedFiles.map((path) => basename(path));
  console.log(`test bed: once more, in a new bed: ${files.join(', ')}`);
  const second = await run(files, `${keep}-again`);
  return printCounts({ ...second, passed: passedOutside(first) + second.passed });
}

/** A shell script: what the bed runs. */
function bedCommand(command = flags.exec ?? ''): string {
  const fullSet = flags.full ? 'export FIREKILN_TEST_FULL=1\n' : '';
  if (flags.shell) return `${fullSet}bash -i\necho $? >/tmp/exit-code\n`;
  return `${fullSet}work() (\n${command}\n)\n${onceMore}echo $code >/tmp/exit-code\n`;
}

async function missingPrograms(): Promise<string[]> {
  const needed = ['qemu-system-x86_64', 'mmdebstrap', 'pip', 'tar', 'git'];
  const found = await Promise.all(needed.map((name) => findProgram(name)));
  return needed.filter((_, i) => found[i] === undefined);
}

/** Prints the last line; the exit code. */
function printCounts({ passed, failed }: SuiteReport): number {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
