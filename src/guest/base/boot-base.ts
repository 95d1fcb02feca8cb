import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byteStringFromText } from '../../base/byte-string.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { lastLines } from '../../base/last-lines.ts';
import { quoteWord } from '../../base/quote-command.ts';
import { writeCpio } from '../../formats/cpio/cpio.ts';
import { describeGap } from '../../formats/kernel/check-guest-kernel.ts';
import { networkFacts } from '../../net/network-facts.ts';
import { bootGuest } from '../boot-guest.ts';
import type { Appliance, Guest } from '../guest.ts';
import { handOver } from '../hand-over.ts';
import { BaseSession } from './base-session.ts';
import { type BaseVm, type BootBaseOptions, baseHostname } from './base-vm.ts';
import { bootDirectly } from './boot-directly.ts';
import { ControlledBase } from './controlled-base.ts';
import { toldToKernel } from './ip-argument.ts';
import { gapsForAppliance, known } from './kernel-needs.ts';
import { untilItAnswers } from './until-it-answers.ts';

/**
 * Boots a base with its own init and logs in. The appliance brings it up and stays beside it, with the control channel; a
 * kernel that can't take an initramfs boots the disk by itself, and is reached over the network. On any failure the
 * machine is destroyed. Throws BASE_UNUSABLE, KERNEL_UNUSABLE, GUEST_BOOT_FAILED, SSH_REFUSED, VM_ENDED, ABORTED.
 */
export async function bootBase(options: BootBaseOptions): Promise<BaseVm> {
  const { kernel, appliance, driver, network } = options;
  if (kernel === undefined) return await bootThroughAppliance(options, appliance, []);
  const { path, facts } = kernel;
  const missing = driver.capabilities.kernelNeeds.flatMap((need) => known(facts.gaps[need]));
  if (missing.length > 0) {
    throw new FirekilnError('KERNEL_UNUSABLE', `the kernel ${path} can not be booted by ${driver.name}`, {
      details: missing.map(describeGap),
      hint: "Build it with what is missing, or leave --machine-vmlinux out: then Firekiln's own kernel is used.",
    });
  }
  const withKernel = { ...appliance, kernel: { vmlinux: path } };
  if (facts.release !== undefined && facts.release === appliance.release) {
    return await bootThroughAppliance(options, withKernel, []);
  }
  const gaps = gapsForAppliance(facts, driver.capabilities.controlTransport);
  const directGaps = facts.gaps['in-place'];
  // The kernel takes one IPv4 address. Behind a user-mode network, which gives none, the host does not reach the guest.
  const reached = network?.kind === 'tap' && toldToKernel(network).address !== undefined ? network : undefined;
  const canBeDirect = known(directGaps).length === 0 && reached !== undefined;
  if (gaps.length === 0 || (known(gaps).length === 0 && !canBeDirect)) {
    const noModules = join(options.runDir, 'no-modules.cpio');
    await writeFile(noModules, emptyModuleList());
    return await bootThroughAppliance(options, { ...withKernel, modules: undefined }, [noModules]);
  }
  if (known(directGaps).length > 0) {
    throw new FirekilnError('KERNEL_UNUSABLE', `the kernel ${path} can not boot a base`, {
      details: known(directGaps).map(describeGap),
      hint: "Build it with what is missing, or leave --machine-vmlinux out: then Firekiln's own kernel is used.",
    });
  }
  if (reached === undefined) {
    throw new FirekilnError('KERNEL_UNUSABLE', `the kernel ${path} can be reached over a CNI network with IPv4 only`, {
      details: gaps.map(describeGap),
      hint: 'Name a network with --machine-cni-network-name, or build the kernel with what is missing.',
    });
  }
  return await bootDirectly(options, path, reached);
}

/** Takes the place of the list of the appliance's modules, which are another kernel's. */
function emptyModuleList(): Buffer {
  const path = (text: string) => byteStringFromText(text);
  return writeCpio([
    { path: path('modules'), mode: 0o755, content: { kind: 'directory' } },
    { path: path('modules/order'), mode: 0o644, content: { kind: 'file', data: Buffer.alloc(0) } },
  ]);
}

async function bootThroughAppliance(
  options: BootBaseOptions,
  appliance: Appliance,
  moreInitrds: readonly string[],
): Promise<BaseVm> {
  const { driver, id, network, login, signal, disk } = options;
  const emitter = options.emitter.with({ vmId: options.id, ...networkFacts(options.network) });
  const modules = appliance.modules;
  await using cleanup = new AsyncDisposableStack();
  const guest = cleanup.use(
    await bootGuest({
      driver,
      appliance,
      id,
      purpose: 'build',
      vcpus: options.vcpus,
      memoryMiB: options.memoryMiB,
      drives: [
        { id: 'root', path: disk, readOnly: false, durable: false },
        ...(modules === undefined ? [] : [{ id: 'modules', path: modules, readOnly: true }]),
      ],
      network,
      hostname: baseHostname,
      runDir: options.runDir,
      moreInitrds,
      cpuTemplate: options.cpuTemplate,
      moreKernelArgs: options.kernelArgs,
      ...(options.bootTimeoutMs === undefined ? {} : { bootTimeoutMs: options.bootTimeoutMs }),
      emitter,
      signal,
    }),
  );
  const prefix = driver.capabilities.drivePrefix;
  await mountBase(guest, options, { modules: modules === undefined ? '' : `/dev/${prefix}b`, appliance });
  await startInit(guest, signal);
  const connect = async () => await guest.connect({ host: '127.0.0.1', port: login.port });
  const diagnose = async () => await diagnosis(guest);
  const stream = await untilItAnswers({ ...options, machine: guest.machine, connect, diagnose });
  const session = cleanup.use(await BaseSession.open(stream, login, guest.machine, signal));
  const owned = cleanup.move();
  return new ControlledBase({ guest, session, emitter, dispose: async () => await owned.disposeAsync() });
}

async function mountBase(
  guest: Guest,
  { login, driver, partition, signal }: BootBaseOptions,
  { modules, appliance }: { readonly modules: string; readonly appliance: Appliance },
): Promise<void> {
  const words = [
    `/dev/${driver.capabilities.drivePrefix}a${partition?.number ?? ''}`,
    modules,
    appliance.release,
    login.user,
  ];
  const { exitCode, stderr } = await guest.exec(`exec sh /firekiln/base/mount.sh ${words.map(quoteWord).join(' ')}`, {
    stdin: Buffer.from(`${login.keys.authorize ?? ''}\n`),
    signal,
  });
  if (exitCode === 0) return;
  const problems: Readonly<Record<number, readonly [what: string, hint: string | undefined]>> = {
    10: ['its disk holds no ext4 file system', undefined],
    11: ['it has no /sbin/init', 'Install an init in the base: systemd-sysv, openrc or busybox.'],
    12: ['it has no SSH server', 'Install openssh-server or dropbear in the base, and let its init start it.'],
    14: [
      `the kernel finds no partition ${partition?.number} on its disk`,
      'A kernel of your own needs EFI_PARTITION or MSDOS_PARTITION.',
    ],
    13: [`it has no user ${login.user} who could log in`, 'Name a user of its /etc/passwd with --machine-ssh-user.'],
  };
  const [what, hint] = problems[exitCode ?? 0] ?? ['it could not be mounted', undefined];
  throw new FirekilnError('BASE_UNUSABLE', `the base can not be built in place: ${what}`, {
    hint,
    details: lastLines(stderr, 10),
  });
}

/** The first process of the guest becomes the base's init. */
async function startInit(guest: Guest, signal: AbortSignal): Promise<void> {
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/', 'TERM=linux'];
  const { exitCode, stderr } = await handOver(guest, { args: ['/sbin/init'], env, signal });
  if (exitCode === 0) return;
  throw new FirekilnError('BASE_UNUSABLE', 'the init of the base could not be started', {
    details: lastLines(stderr, 10),
  });
}

/** What can be seen from beside a base that does not answer. */
async function diagnosis(guest: Guest): Promise<readonly string[]> {
  const command = [
    'root=/proc/1/root',
    'echo "first process: $(tr "\\0" " " </proc/1/cmdline)"',
    'for one in /proc/[0-9]*; do case "$(cat $one/comm 2>/dev/null)" in sshd | dropbear) echo "runs: $(tr "\\0" " " <$one/cmdline)" ;; esac; done',
    'netstat -ltn 2>/dev/null | tail -n +3',
    'chroot $root /bin/sh -c "systemctl --failed --no-legend --plain 2>/dev/null; systemctl list-jobs --no-legend 2>/dev/null; journalctl -b -u ssh -u sshd -n 8 --no-pager 2>/dev/null" </dev/null',
  ].join('\n');
  const { stdout } = await guest.exec(command, { signal: AbortSignal.timeout(15_000) });
  return lastLines(stdout, 30);
}
