import { isAbsolute, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { FirekilnError } from '../base/errors/firekiln-error.ts';
import type { InPlaceRequest } from '../build/in-place/in-place-request.ts';
import { type CpuTemplate, staticCpuTemplates } from '../vm/machine-options.ts';
import { collect, oneOf } from './common-options.ts';

/** The flags of {@link addInPlaceFlags}, as commander gives them. */
export interface InPlaceFlags {
  readonly machineRootfsBase?: string;
  readonly machineVmlinux?: string;
  readonly machineKernelArgs?: string;
  readonly machineSshUser?: string;
  readonly machineSshKeyFile?: string;
  readonly machineSshPort?: string;
  readonly machineSshDisableAgentForward?: boolean;
  readonly resourcesCpu?: string;
  readonly resourcesMem?: string;
  readonly initCommand?: readonly string[];
  readonly preBuildCommand?: readonly string[];
  readonly postBuildCommand?: readonly string[];
  readonly machineCpuTemplate?: string;
  readonly machineRootDrivePartuuid?: string;
  readonly egressNoWait?: boolean;
  readonly egressTestTarget?: string;
  readonly egressTestTimeoutSeconds?: string;
  readonly serviceFileInstaller?: string;
  readonly shutdownGracefulTimeoutSeconds?: string;
}

const machine = 'Base OS images and their kernel:';
const inPlace = 'Building in place, with --machine-ssh-user (docs/in-place.md):';

/** Adds the flags of base stores and of in-place mode. */
export function addInPlaceFlags(command: Command): void {
  const add = (group: string, flags: string, description: string) =>
    command.addOption(new Option(flags, description).helpGroup(group));
  add(
    machine,
    '--machine-rootfs-base <folder>',
    'a base store: FROM looks in it first, the result goes to its _builds',
  );
  add(machine, '--machine-vmlinux <file>', "kernel of VMs that build in place, instead of Firekiln's own");
  add(machine, '--machine-kernel-args <words>', 'further words for that kernel');
  add(machine, '--machine-cpu-template <name>', `which processor features VMs see: ${staticCpuTemplates.join(', ')}`);
  add(
    machine,
    '--machine-root-drive-partuuid <uuid>',
    'which partition of the disk of a base is its root, where there are several',
  );
  add(machine, '--resources-cpu <count>', 'the same as --cpus');
  add(machine, '--resources-mem <mebibytes>', 'the same as --memory, in MiB');
  add(
    inPlace,
    '--machine-ssh-user <user>',
    "boot a copy of the base's own disk with its own init, and build as this user",
  );
  add(
    inPlace,
    '--machine-ssh-key-file <file>',
    'private key to log in with; by default those of the SSH agent, or one for this build',
  );
  add(inPlace, '--machine-ssh-port <port>', "port of the base's SSH server; 22 by default");
  add(inPlace, '--machine-ssh-disable-agent-forward', 'do not let programs in the VM reach the SSH agent');
  for (const [flags, description] of [
    ['--pre-build-command <command>', 'run as root before the first step (repeatable)'],
    ['--init-command <command>', 'the same as --pre-build-command (repeatable)'],
    ['--post-build-command <command>', 'run as root after the last step (repeatable)'],
  ] as const) {
    command.addOption(new Option(flags, description).argParser(collect).default([]).helpGroup(inPlace));
  }
  add(inPlace, '--egress-no-wait', 'do not wait until the VM reaches the outside');
  add(inPlace, '--egress-test-target <host>', 'what must answer a ping before the build begins; 1.1.1.1 by default');
  add(inPlace, '--egress-test-timeout-seconds <n>', 'how long to wait for that; 15 by default');
  add(
    inPlace,
    '--service-file-installer <file>',
    "program that makes the image's command a service; run as root after the steps",
  );
  add(inPlace, '--shutdown-graceful-timeout-seconds <n>', 'how long the base may take to shut down; 30 by default');
}

/** Undefined without --machine-ssh-user; then the flags that the result depends on are refused. Throws USAGE. */
export function inPlaceRequest(flags: InPlaceFlags, env: NodeJS.ProcessEnv): InPlaceRequest | undefined {
  const { machineSshUser: user } = flags;
  if (user === undefined) {
    refuseAlone(flags);
    return undefined;
  }
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(user)) {
    throw usage(`--machine-ssh-user: ${JSON.stringify(user)} can not be the name of a user`).withHint(
      'Name one of /etc/passwd of the base, such as the `debian` or `alpine` of `firekiln base build`.',
    );
  }
  const socket = env.SSH_AUTH_SOCK;
  return {
    user,
    port: whole('--machine-ssh-port', flags.machineSshPort, 22, 65_535),
    keyFile: pathOf(flags.machineSshKeyFile),
    agentSocket: socket === undefined || !isAbsolute(socket) ? undefined : socket,
    forwardAgent: flags.machineSshDisableAgentForward !== true && socket !== undefined && isAbsolute(socket),
    kernel: pathOf(flags.machineVmlinux),
    kernelArgs: flags.machineKernelArgs?.split(/\s+/).filter((word) => word !== '') ?? [],
    preBuildCommands: [...(flags.initCommand ?? []), ...(flags.preBuildCommand ?? [])],
    postBuildCommands: flags.postBuildCommand ?? [],
    partuuid: partuuidOf(flags),
    egress:
      flags.egressNoWait === true
        ? undefined
        : {
            target: targetOf(flags.egressTestTarget ?? '1.1.1.1'),
            timeoutMs: whole('--egress-test-timeout-seconds', flags.egressTestTimeoutSeconds, 15, 86_400) * 1000,
          },
    installer: pathOf(flags.serviceFileInstaller),
    shutdownGraceMs:
      whole('--shutdown-graceful-timeout-seconds', flags.shutdownGracefulTimeoutSeconds, 30, 86_400) * 1000,
  };
}

/** What is given for in-place mode, and changes nothing of a build without it. */
export function idleInPlaceFlags(flags: InPlaceFlags): readonly string[] {
  if (flags.machineSshUser !== undefined) return [];
  return [
    ['--machine-ssh-port', flags.machineSshPort],
    ['--machine-ssh-disable-agent-forward', flags.machineSshDisableAgentForward],
    ['--egress-no-wait', flags.egressNoWait],
    ['--egress-test-target', flags.egressTestTarget],
    ['--egress-test-timeout-seconds', flags.egressTestTimeoutSeconds],
    ['--shutdown-graceful-timeout-seconds', flags.shutdownGracefulTimeoutSeconds],
  ].flatMap(([flag, value]) => (value === undefined ? [] : [String(flag)]));
}

/** Without in-place mode the result would silently be another. */
function refuseAlone(flags: InPlaceFlags): void {
  const given: readonly (readonly [string, boolean])[] = [
    ['--pre-build-command', (flags.preBuildCommand ?? []).length > 0],
    ['--init-command', (flags.initCommand ?? []).length > 0],
    ['--post-build-command', (flags.postBuildCommand ?? []).length > 0],
    ['--service-file-installer', flags.serviceFileInstaller !== undefined],
    ['--machine-ssh-key-file', flags.machineSshKeyFile !== undefined],
    ['--machine-vmlinux', (flags.machineVmlinux ?? '') !== ''],
    ['--machine-kernel-args', flags.machineKernelArgs !== undefined],
  ];
  for (const [flag, isGiven] of given) {
    if (!isGiven) continue;
    throw usage(`${flag} goes with --machine-ssh-user`).withHint(
      'With it the base itself is booted and built in; without it every RUN has a VM of its own, and a RUN does what the command would.',
    );
  }
}

function whole(flag: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  if (/^[1-9][0-9]{0,5}$/.test(text) && Number(text) <= most) return Number(text);
  throw usage(`${flag}: ${JSON.stringify(text)} is no whole number from 1 to ${most}`);
}

/** An empty value, as of `$(command that gives nothing)`, is none. */
function pathOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : resolve(text);
}

/** Of `--machine-cpu-template`; an empty value is none. Throws USAGE. */
export function cpuTemplateOf(flags: InPlaceFlags): CpuTemplate | undefined {
  const text = flags.machineCpuTemplate;
  if (text === undefined || text === '') return undefined;
  return oneOf('--machine-cpu-template', staticCpuTemplates, text);
}

/** Of `--machine-root-drive-partuuid`; an empty value is none. Throws USAGE. */
export function partuuidOf({ machineRootDrivePartuuid: text, machineRootfsBase }: InPlaceFlags): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}-[0-9a-f]{2})$/i.test(text)) {
    throw usage(`--machine-root-drive-partuuid: ${JSON.stringify(text)} is no PARTUUID`).withHint(
      '`lsblk -o NAME,PARTUUID` and `blkid` show them: a UUID with a GPT, such as 0eaa91a0-01 with a DOS partition table.',
    );
  }
  if (machineRootfsBase === undefined) {
    throw usage('--machine-root-drive-partuuid goes with --machine-rootfs-base').withHint(
      'Only disks of a base store may have a partition table.',
    );
  }
  return text.toLowerCase();
}

function targetOf(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/.test(text)) return text;
  throw usage(`--egress-test-target: ${JSON.stringify(text)} is no address and no name`);
}

function usage(message: string): FirekilnError {
  return new FirekilnError('USAGE', message);
}
