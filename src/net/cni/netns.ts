import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FirekilnError, isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { runProcess } from '../../base/process.ts';
import { systemCode } from '../../base/system-error.ts';

const timeLimitMs = 60_000;
/** NSFS_MAGIC of linux/magic.h. */
const nsfsMagic = 0x6e736673;
/** Mounts that a killed process has stacked on one path are few. */
const mostMounts = 16;

/** Where ip-netns(8) and everything else looks for network namespaces. */
export const defaultNetnsDir = '/run/netns';

export function netnsPath(folder: string, vmId: string): string {
  return join(folder, `firekiln-${vmId}`);
}

/** Makes a network namespace that lives as long as its path. Throws NETWORK_FAILED, PERMISSION. */
export async function createNetns(path: string, signal?: AbortSignal): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await (await open(path, 'wx', 0o444)).close();
    await runProcess('unshare', { args: [`--net=${path}`, 'true'], timeoutMs: timeLimitMs, signal });
  } catch (error) {
    if (isFirekilnError(error, 'ABORTED') || isFirekilnError(error, 'PROGRAM_MISSING')) throw error;
    throw new FirekilnError('NETWORK_FAILED', `no network namespace could be made at ${path}`, {
      hint: 'CNI networks need root.',
      details: isFirekilnError(error) ? error.details : [String(error)],
      cause: error,
    });
  }
}

export async function isNetns(path: string): Promise<boolean> {
  try {
    return (await statfs(path)).type === nsfsMagic;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Safe twice. What still runs in the namespace keeps it alive, without a name. */
export async function removeNetns(path: string): Promise<void> {
  for (let mounts = 0; mounts < mostMounts && (await isNetns(path)); mounts++) {
    await runProcess('umount', { args: ['--lazy', '--no-canonicalize', path], timeoutMs: timeLimitMs });
  }
  await rm(path, { force: true });
}
