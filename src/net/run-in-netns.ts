import { runProcess } from '../base/process.ts';

const timeLimitMs = 60_000;

/** Runs a program of the host in a network namespace and returns what it printed. */
export async function runInNetns(
  path: string,
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const { stdout } = await runProcess('nsenter', {
    args: [`--net=${path}`, '--', command, ...args],
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' },
    ...(options.input === undefined ? {} : { stdin: { text: options.input } }),
    timeoutMs: timeLimitMs,
    signal: options.signal,
  });
  return stdout.toString('utf8');
}
