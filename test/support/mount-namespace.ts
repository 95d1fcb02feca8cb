import { expect } from 'vitest';
import { tryProcess } from '../../src/base/process.ts';

/** For unshare(1): a mount namespace of one's own, as root or as an ordinary user where user namespaces are allowed. */
const mountNamespace = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];

/** The disk is made larger while it is mounted too, which user namespaces need not allow. */
export async function canMount(): Promise<boolean> {
  const script = 'mount -t tmpfs -o size=100k tmpfs /mnt && mount -o remount,size=200k /mnt';
  try {
    return (await tryProcess('unshare', { args: [...mountNamespace, 'sh', '-c', script] })).exitCode === 0;
  } catch {
    return false;
  }
}

export function noteSkipped(): true {
  console.warn('skipped: a full disk needs the right to mount (root, or user namespaces)');
  return true;
}

/** Runs a program of node in a mount namespace of its own; gives the JSON of each line that it prints. */
export async function linesFromNamespace<Line>(args: readonly string[]): Promise<Line[]> {
  const { stdout, stderr, exitCode } = await tryProcess('unshare', {
    args: [...mountNamespace, process.execPath, ...args],
  });
  expect({ stderr: stderr.toString(), exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
