import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { type RunningProcess, runProcess, startProcess } from '../../base/process.ts';
import type { AttachOptions } from '../provider.ts';
import { helperOptions, isRoot } from './helper-options.ts';
import { untilReady } from './until-ready.ts';

const commandMs = 20_000;

/** The namespaces of one VM, kept by a process. */
export interface Namespaces {
  readonly pid: number;
  readonly netns: string;
  /** Absent for root, who enters any network namespace. */
  readonly userns?: string;
}

/**
 * Namespaces of a VM's own. They are kept by a program that waits for its standard input to end, which is with this
 * process; `onKeeper` gets it at once.
 */
export async function startNamespaces(
  { vmId, signal }: Pick<AttachOptions, 'vmId' | 'signal'>,
  onKeeper: (keeper: RunningProcess) => void,
): Promise<Namespaces> {
  const keeper = await startProcess('unshare', {
    args: ['--user', ...(isRoot() ? [] : ['--map-root-user']), '--net', '--', 'cat'],
    cwd: '/',
    stdin: new PassThrough(),
    ...helperOptions(),
  });
  onKeeper(keeper);
  await untilReady(keeper, {
    isReady: async () => (await readFile(`/proc/${keeper.pid}/comm`, 'utf8').catch(() => '')) === 'cat\n',
    failure: `${vmId} got no network namespace`,
    hint: 'The user network needs unprivileged user namespaces.',
    signal,
  });
  const at = (kind: string) => `/proc/${keeper.pid}/ns/${kind}`;
  return { pid: keeper.pid, netns: at('net'), ...(isRoot() ? {} : { userns: at('user') }) };
}

/** Runs a program in the namespaces, with all rights there. */
export async function runInside(
  { netns, userns }: Namespaces,
  command: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const spaces = [`--net=${netns}`, ...(userns === undefined ? [] : [`--user=${userns}`, '--preserve-credentials'])];
  await runProcess('nsenter', {
    args: [...spaces, '--', command, ...args],
    env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' },
    stdin: { text: `${input}\n` },
    timeoutMs: commandMs,
    signal,
  });
}
