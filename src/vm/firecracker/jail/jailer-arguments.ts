import type { Identity } from '../../unprivileged.ts';
import type { CgroupSetting } from './cgroup-limits.ts';

export interface JailerCall {
  readonly machineId: string;
  /** Path of firecracker. */
  readonly binary: string;
  readonly chrootBase: string;
  readonly identity: Identity;
  readonly netnsPath: string | undefined;
  /** No limits if absent. */
  readonly cgroups:
    | { readonly version: 1 | 2; readonly parent: string; readonly settings: readonly CgroupSetting[] }
    | undefined;
  /** RLIMIT_FSIZE (setrlimit(2)), in bytes: no file of the VMM grows beyond. */
  readonly maxFileBytes: number;
  /** Firecracker's own. */
  readonly args: readonly string[];
}

/** Descriptors of a VMM: drives, eventfds, and a connection over vsock each. */
const maxOpenFiles = 4096;

/** Words of the jailer's command line (Firecracker, docs/jailer.md). */
export function jailerArguments(call: JailerCall): readonly string[] {
  const { machineId, binary, chrootBase, identity, netnsPath, cgroups, maxFileBytes, args } = call;
  return [
    ['--id', machineId, '--exec-file', binary],
    ['--uid', String(identity.uid), '--gid', String(identity.gid)],
    ['--chroot-base-dir', chrootBase],
    netnsPath === undefined ? [] : ['--netns', netnsPath],
    cgroups === undefined || cgroups.settings.length === 0
      ? []
      : ['--cgroup-version', String(cgroups.version), '--parent-cgroup', cgroups.parent],
    (cgroups?.settings ?? []).flatMap(({ text }) => ['--cgroup', text]),
    ['--resource-limit', `no-file=${maxOpenFiles}`, '--resource-limit', `fsize=${maxFileBytes}`],
    ['--', ...args],
  ].flat();
}
