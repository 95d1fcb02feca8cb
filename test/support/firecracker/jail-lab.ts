import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../../src/base/process.ts';
import type { JailOptions } from '../../../src/vm/firecracker/jail/jail-options.ts';
import { processesNaming } from '../processes.ts';
import { findTool } from '../tools.ts';

/** Options of jails below a folder. */
export function jailBelow(folder: string): JailOptions {
  return { jailer: findTool('jailer') ?? '', chrootBase: join(folder, 'jails'), stateDir: join(folder, 'state') };
}

/** What is still there of a jailed machine: processes, cgroups, mounts, files. For a person. */
export async function leftoversOf(machineId: string, jail: JailOptions): Promise<string[]> {
  const cgroups = await runProcess('find', { args: ['/sys/fs/cgroup', '-name', machineId] });
  const mounts = await runProcess('findmnt', { args: ['--list', '--noheadings', '--output', 'TARGET'] });
  const state = await readdir(jail.stateDir).catch(() => []);
  const jails = await readdir(jail.chrootBase, { recursive: true }).catch(() => []);
  return [
    ...(await processesNaming(machineId)),
    ...linesOf(cgroups.stdout),
    ...linesOf(mounts.stdout).filter((line) => line.startsWith(jail.chrootBase)),
    ...state.filter((name) => name.startsWith(machineId)),
    ...jails.filter((name) => name.includes(machineId)),
  ];
}

function linesOf(output: Buffer): string[] {
  return String(output)
    .split('\n')
    .filter((line) => line !== '');
}
