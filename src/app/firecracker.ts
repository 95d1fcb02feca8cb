import { join, resolve } from 'node:path';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { JailOptions } from '../vm/firecracker/jail/jail-options.ts';
import { reclaimJails } from '../vm/firecracker/jail/jail-record.ts';
import { checkVersions } from '../vm/firecracker/program-version.ts';
import type { FirecrackerChoice } from '../vm/firecracker-choice.ts';
import type { App } from './app.ts';
import { findVmm } from './find-vmm.ts';

const defaultChrootBase = '/srv/jailer';

const rootInJail = {
  text: 'Firecracker runs as root in its jails',
  hint: 'Leave out --jailer-uid 0: each VM then has a user of its own.',
};

const unlimited = {
  text: 'jailed VMs have no limits: cgroups with the controllers cpu and memory can not be made here',
  hint: 'In a container, give it a writable /sys/fs/cgroup of its own.',
};

export interface FoundFirecracker {
  readonly binary: string;
  /** Absent if machines run without a jail. */
  readonly jail?: JailOptions | undefined;
  /** What to tell the person who starts machines that are jailed less than they could be. */
  readonly notice?: { readonly text: string; readonly hint: string } | undefined;
}

/**
 * Firecracker, and its jailer: root uses it unless told otherwise. Undefined if Firecracker is not here. Throws
 * PROGRAM_MISSING, VMM_UNSUPPORTED.
 */
export async function findFirecracker(
  app: Pick<App, 'dataDir' | 'config' | 'emitter'>,
  choice: FirecrackerChoice,
): Promise<FoundFirecracker | undefined> {
  const { vm = {} } = await app.config();
  const binary = await findVmm(app, 'firecracker', choice.binary ?? vm.binary_firecracker);
  if (binary === undefined) return undefined;
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot || !(choice.jailed ?? vm.jailer ?? true)) {
    await checkVersions(binary, undefined);
    return { binary, notice: noticeOf(isRoot) };
  }
  const jailer = await findVmm(app, 'jailer', choice.jailer ?? vm.binary_jailer);
  if (jailer === undefined) {
    throw new FirekilnError('PROGRAM_MISSING', "Firecracker's jailer is not installed or not on PATH", {
      hint: '`firekiln setup firecracker` installs it; --no-jailer runs Firecracker without it, as root.',
    });
  }
  await checkVersions(binary, jailer);
  const uid = choice.uid ?? vm.jailer_uid;
  return {
    binary,
    notice: uid === 0 ? rootInJail : undefined,
    jail: {
      jailer,
      chrootBase: resolve(choice.chrootBase ?? vm.chroot_base ?? defaultChrootBase),
      uid,
      gid: choice.gid ?? vm.jailer_gid,
      numaNode: choice.numaNode ?? vm.jailer_numa_node,
      stateDir: jailStateDir(app.dataDir),
      onUnlimited: once(() => app.emitter.message('warn', unlimited.text, unlimited.hint)),
    },
  };
}

/** Removes jails whose owner was killed; failures are told. The ids of their machines. */
export async function reclaimStaleJails(app: Pick<App, 'dataDir' | 'emitter'>): Promise<readonly string[]> {
  return await reclaimJails(jailStateDir(app.dataDir), (id, error) => {
    const words = error instanceof Error ? error.message : String(error);
    app.emitter.message('warn', `not all of the jail of ${id} could be removed: ${words}`);
  });
}

function jailStateDir(dataDir: string): string {
  return join(dataDir, 'jails');
}

function noticeOf(isRoot: boolean): FoundFirecracker['notice'] {
  const text = 'Firecracker runs without its jailer';
  if (isRoot) return { text: `${text}, as root`, hint: 'Leave out --no-jailer to give each VM a jail and a user.' };
  return { text: `${text}, which needs root`, hint: 'VMs run as this user, who should own nothing of worth.' };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
