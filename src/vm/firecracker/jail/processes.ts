import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** The processes of a machine: those of jailer and Firecracker whose command line has its id. */
export async function processesOf(machineId: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const at = words.indexOf('--id');
    const isVmm = /firecracker|jailer/.test(basename(words[0] ?? ''));
    if (isVmm && at > 0 && words[at + 1] === machineId) found.push(Number(name));
  }
  return found;
}

/** The only process without children among those below `pid`: the VMM under its supervisors. */
export async function lastDescendant(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const child = Number(text.trim().split(' ')[0]);
  return child > 0 ? await lastDescendant(child) : pid;
}
