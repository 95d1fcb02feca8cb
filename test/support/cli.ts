import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  readonly stdin?: string | Uint8Array;
  /** Of the process; the test's own by default. */
  readonly umask?: number;
  /** User and group id, for tests that run as root. */
  readonly user?: number;
  /** After which it is killed; five minutes by default. */
  readonly timeoutMs?: number;
  /** Called with all of standard error so far, whenever there is more. */
  readonly onStderr?: (soFar: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The data dir of tests that boot VMs: its kernel and appliance are kept for the next run. */
export const testDataDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'firekiln-test', 'data');

const deadlineMs = 300_000;

/** Runs the bundled command line (see global-setup.ts) to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const bundle = process.env.FIREKILN_TEST_BUNDLE;
  if (bundle === undefined) throw new Error('the command line is bundled in the suites that boot VMs only');
  const { umask, user } = options;
  const underUmask = umask === undefined ? [] : ['sh', '-c', `umask ${umask.toString(8)}; exec "$@"`, 'sh'];
  const [program = '', ...rest] = [...underUmask, process.execPath, bundle, ...args];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    ...(user === undefined ? {} : { uid: user, gid: user }),
    env: { ...process.env, FIREKILN_DATA_DIR: options.dataDir ?? testDataDir, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? deadlineMs);
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    options.onStderr?.(stderr, (signal) => child.kill(signal));
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  return { status, stdout, stderr };
}
