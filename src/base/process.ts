import { type ChildProcess, spawn } from 'node:child_process';
import { abortError } from './abort.ts';
import { FirekilnError } from './errors/firekiln-error.ts';
import { type ProcessResult, processError } from './process-result.ts';
import { collect, feed, isFdTarget, type OutputTarget, outputMode, type StdinSource } from './process-streams.ts';
import { explainSystemError, systemCode } from './system-error.ts';

export interface ProcessOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child; the parent's by default. */
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: StdinSource;
  readonly stdout?: OutputTarget;
  readonly stderr?: OutputTarget;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the child's group gets SIGTERM. */
  readonly timeoutMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly killAfterMs?: number;
  /** Kept bytes per stream, the last ones; 1 MiB by default. */
  readonly maxOutputBytes?: number;
  /** Further descriptors of the child, from 3 on. */
  readonly extraFds?: readonly number[];
  /**
   * The kernel kills the child with SIGKILL when this process dies, however it dies (prctl(2) PR_SET_PDEATHSIG, set
   * by setpriv(1)). The signal comes with the end of the *thread* that started it; Node starts children from its
   * main thread.
   */
  readonly dieWithParent?: boolean;
  readonly uid?: number;
  readonly gid?: number;
}

/** A running child, leader of a process group of its own. */
export interface RunningProcess {
  readonly pid: number;
  /** Ends when the child has ended and its kept outputs are whole. Never rejects. */
  readonly result: Promise<ProcessResult>;
  /** Signals the whole group; does nothing once it has ended. */
  kill(signal?: NodeJS.Signals): void;
  /** SIGTERM to the group, SIGKILL after the grace period, and the end awaited. Safe twice. */
  stop(): Promise<ProcessResult>;
  /** Lets this process end while the child runs on. */
  unref(): void;
}

const defaultKillAfterMs = 5000;
const defaultMaxOutputBytes = 1 << 20;

/**
 * Starts a program in a process group of its own, so that aborts reach its grandchildren too. Rejects with
 * PROGRAM_MISSING or PERMISSION if it can't be started.
 */
export async function startProcess(command: string, options: ProcessOptions = {}): Promise<RunningProcess> {
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal, `starting ${command}`);
  const started = performance.now();
  const [program, args] = options.dieWithParent
    ? ['setpriv', ['--pdeathsig', 'KILL', '--', command, ...(options.args ?? [])]]
    : [command, [...(options.args ?? [])]];
  const { stdin, stdout, stderr } = options;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    uid: options.uid,
    gid: options.gid,
    stdio: [
      stdin === undefined ? 'ignore' : isFdTarget(stdin) ? stdin.fd : 'pipe',
      outputMode(stdout),
      outputMode(stderr),
      ...(options.extraFds ?? []),
    ],
  });
  await spawned(child, command);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command} started without a pid`);

  const state = { timedOut: false, aborted: false, ended: false };
  const keep = options.maxOutputBytes ?? defaultMaxOutputBytes;
  let targetError: Error | undefined;
  const onTargetError = (error: unknown) => {
    targetError ??= error instanceof Error ? error : new Error(String(error));
    killGroup(pid, 'SIGTERM', state);
  };
  const outputs = [
    collect(child.stdout, stdout ?? 'keep', keep, onTargetError),
    collect(child.stderr, stderr ?? 'keep', keep, onTargetError),
  ] as const;
  if (stdin !== undefined && !isFdTarget(stdin)) feed(child.stdin, stdin);

  let killTimer: NodeJS.Timeout | undefined;
  const stopGently = () => {
    killGroup(pid, 'SIGTERM', state);
    killTimer ??= setTimeout(() => killGroup(pid, 'SIGKILL', state), options.killAfterMs ?? defaultKillAfterMs);
  };
  const onAbort = () => {
    if (!state.timedOut) state.aborted = true;
    stopGently();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const timeout =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          if (!state.aborted) state.timedOut = true;
          stopGently();
        }, options.timeoutMs);

  const result = new Promise<ProcessResult>((resolve) => {
    child.once('exit', (exitCode, exitSignal) => {
      // The leader is gone; what it left in its group must not hold our pipes open for ever.
      if (state.aborted || state.timedOut) killGroup(pid, 'SIGKILL', state);
      void Promise.all(outputs).then(([out, err]) => {
        state.ended = true;
        clearTimeout(timeout);
        clearTimeout(killTimer);
        signal?.removeEventListener('abort', onAbort);
        resolve({
          command,
          args: options.args ?? [],
          exitCode: exitCode ?? undefined,
          signal: exitSignal ?? undefined,
          stdout: out,
          stderr: targetError === undefined ? err : Buffer.concat([err, Buffer.from(`\n${targetError.message}`)]),
          timedOut: state.timedOut,
          aborted: state.aborted,
          durationMs: performance.now() - started,
        });
      });
    });
  });
  return {
    pid,
    result,
    kill: (which = 'SIGTERM') => killGroup(pid, which, state),
    stop: () => {
      if (!state.ended) stopGently();
      return result;
    },
    unref: () => child.unref(),
  };
}

/**
 * Runs a program to its end. Anything but exit code 0 throws: ABORTED, TIMEOUT or PROCESS_FAILED with the command,
 * the exit code and the end of its error output.
 */
export async function runProcess(command: string, options: ProcessOptions = {}): Promise<ProcessResult> {
  const result = await (await startProcess(command, options)).result;
  if (result.exitCode === 0 && !result.aborted && !result.timedOut) return result;
  throw processError(result, options.signal);
}

/** Like {@link runProcess}, but any exit code is a result; a signal, a time-out or an abort still throws. */
export async function tryProcess(command: string, options: ProcessOptions = {}): Promise<ProcessResult> {
  const result = await (await startProcess(command, options)).result;
  if (result.exitCode !== undefined && !result.aborted && !result.timedOut) return result;
  throw processError(result, options.signal);
}

export interface DetachedOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Receives standard output and error. */
  readonly logFd: number;
  /** Further descriptors of the child, from 3 on. */
  readonly extraFds?: readonly number[];
}

/** Starts a program in a session of its own that outlives this process. */
export async function startDetached(command: string, options: DetachedOptions): Promise<{ readonly pid: number }> {
  const child = spawn(command, [...options.args], {
    detached: true,
    env: options.env,
    cwd: options.cwd,
    stdio: ['ignore', options.logFd, options.logFd, ...(options.extraFds ?? [])],
  });
  await spawned(child, command);
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} started without a pid`);
  return { pid: child.pid };
}

function spawned(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      child.removeAllListeners('error');
      child.on('error', () => {});
      resolve();
    });
    child.once('error', (error) => {
      if (systemCode(error) === 'ENOENT') {
        reject(
          new FirekilnError('PROGRAM_MISSING', `${command} is not installed or not on PATH`, {
            hint: '`firekiln setup` installs what Firekiln needs; `firekiln doctor` lists what is missing.',
            cause: error,
          }),
        );
        return;
      }
      reject(explainSystemError(error, 'starting', command));
    });
  });
}

function killGroup(pid: number, signal: NodeJS.Signals, state: { readonly ended: boolean }): void {
  if (state.ended) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
