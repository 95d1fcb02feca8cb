import { resolve } from 'node:path';
import type { Command } from 'commander';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';

/** The flags of {@link addMachineFlags}, as commander gives them. */
export interface MachineFlags {
  readonly binaryFirecracker?: string;
  readonly binaryJailer?: string;
  readonly chrootBase?: string;
  readonly jailerUid?: string;
  readonly jailerGid?: string;
  readonly jailerNumaNode?: string;
  /** False for --no-jailer. */
  readonly jailer?: boolean;
}

/** uid_t without the last, which means "none" to chown(2). */
const maxId = 2 ** 32 - 2;

/** Adds the flags that say which Firecracker VMs run in, and how it is jailed. */
export function addMachineFlags(command: Command): void {
  command
    .option(
      '--binary-firecracker <path>',
      'Firecracker; empty: that on PATH, else that of `firekiln setup firecracker`',
    )
    .option('--binary-jailer <path>', "Firecracker's jailer; empty: found in the same way")
    .option('--chroot-base <folder>', 'where the jails of VMs are made; /srv/jailer by default')
    .option('--jailer-uid <uid>', 'the user of jailed VMs; by default each has one of its own')
    .option('--jailer-gid <gid>', 'the group of jailed VMs; by default each has one of its own')
    .option('--jailer-numa-node <node>', 'the NUMA node whose processors and memory jailed VMs use')
    .option('--no-jailer', 'run Firecracker without its jailer, as root too');
}

/** Reads the flags. Throws USAGE. */
export function firecrackerChoice(flags: MachineFlags): FirecrackerChoice {
  return Object.fromEntries(
    Object.entries({
      binary: path(flags.binaryFirecracker),
      jailer: path(flags.binaryJailer),
      chrootBase: flags.chrootBase === '' ? undefined : path(flags.chrootBase),
      uid: number('--jailer-uid', flags.jailerUid, maxId),
      gid: number('--jailer-gid', flags.jailerGid, maxId),
      numaNode: number('--jailer-numa-node', flags.jailerNumaNode, 1023),
      // True is what commander gives without --no-jailer, and says nothing against the configuration.
      jailed: flags.jailer === false ? false : undefined,
    }).filter(([, value]) => value !== undefined),
  );
}

/** Absolute: a VM's own process uses it later, from another folder. */
function path(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? value : resolve(value);
}

function number(flag: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,10}$/.test(value) && Number(value) <= max) return Number(value);
  throw new FirekilnError('USAGE', `${flag}: ${JSON.stringify(value)} is no number from 0 to ${max}`);
}
