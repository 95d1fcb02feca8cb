import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { delay } from '../../base/abort.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { type RunningProcess, runProcess, startProcess } from '../../base/process.ts';
import type { AttachOptions } from '../provider.ts';
import { nobody } from './user-provider.ts';

const startDeadlineMs = 20_000;
const commandMs = 20_000;

/** The namespaces of one VM, kept by a process. */
export interface Namespaces {
  readonly pid: number;
  readonly netns: string;
  /** Absent for root, who enters any network namespace. */
  readonly userns?: string;
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** As whom and how the programs of a VM's network run. */
export function helperOptions() {
  return {
    env: { PATH: process.env.PATH, LANG: 'C' },
    stdout: 'ignore',
    maxOutputBytes: 16 << 10,
    dieWithParent: true,
    ...(isRoot() ? { uid: nobody, gid: nobody } : {}),
  } as const;
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
  let isOver = false;
  void keeper.result.then(() => {
    isOver = true;
  });
  const deadline = performance.now() + startDeadlineMs;
  while ((await readFile(`/proc/${keeper.pid}/comm`, 'utf8').catch(() => '')) !== 'cat\n') {
    if (isOver || performance.now() > deadline) {
      const { stderr } = await keeper.stop();
      throw new FirekilnError('NETWORK_FAILED', `${vmId} got no network namespace`, {
        hint: 'The user network needs unprivileged user namespaces.',
        details: lastLines(stderr, 5),
      });
    }
    await delay(5, signal);
  }
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
