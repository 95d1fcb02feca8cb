import { constants } from 'node:fs';
import { access, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFirekilnError } from '../base/errors/firekiln-error.ts';
import { silentEmitter } from '../base/events.ts';
import { systemCode } from '../base/system-error.ts';
import type { KernelImage, Machine, MachineDriver } from './driver.ts';
import { HostFactsFile } from './host-facts.ts';

const defaultDeadlineMs = 15_000;

export interface ProbeKvmOptions {
  /** That of the VMM in question, set up for KVM. */
  readonly driver: MachineDriver;
  /** The VMM's program. */
  readonly binary: string;
  readonly kernel: KernelImage;
  /** Names the kernel among the kept facts. */
  readonly kernelDigest: string;
  /** Where facts about the host are kept. */
  readonly folder: string;
  /** Find out again what is known already. */
  readonly fresh?: boolean;
  /** `/dev/kvm` by default. */
  readonly device?: string;
  /** Milliseconds that the boot may take; with KVM a kernel is through in under a second. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Why guests of a VMM do not boot with KVM on this host; undefined if they do. Tried once per boot of the host. */
export async function whyNoKvm(options: ProbeKvmOptions): Promise<string | undefined> {
  const refused = await refusedKvm(options.device ?? '/dev/kvm');
  if (refused !== undefined) return refused;
  const { binary, kernelDigest, folder, fresh = false, signal } = options;
  const { size, mtimeMs } = await stat(binary);
  const key = `${kernelDigest} ${binary} ${size} ${Math.round(mtimeMs)}`;
  const reason = await new HostFactsFile(folder).remember({
    pick: (facts) => facts.kvm?.[key],
    find: async () => await tryBoot(options),
    put: (facts, value) => ({ ...facts, kvm: { ...facts.kvm, [key]: value } }),
    fresh,
    signal,
  });
  return reason === '' ? undefined : reason;
}

/** Why KVM can't be used without trying to boot anything, such as a device that may not be opened. */
async function refusedKvm(device: string): Promise<string | undefined> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return `there is no ${device}`;
    return `${device} may not be opened (${code}); the group kvm usually may`;
  }
}

/**
 * Boots a kernel as far as it comes without an initial RAM disk: the empty text if it came there, else why not. A
 * /dev/kvm that opens but runs no guest is common in nested clouds.
 */
async function tryBoot(options: ProbeKvmOptions): Promise<string> {
  const { deadlineMs = defaultDeadlineMs } = options;
  const runDir = await mkdtemp(join(tmpdir(), 'fk-kvm-'));
  let machine: Machine | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    machine = await options.driver.create({
      id: 'kvm-probe',
      kernel: options.kernel,
      initrds: [],
      kernelArgs: [],
      vcpus: 1,
      memoryMiB: 256,
      drives: [],
      runDir,
      emitter: silentEmitter,
    });
    await machine.start(options.signal);
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), deadlineMs);
    });
    const end = await Promise.race([machine.ended, late]);
    options.signal?.throwIfAborted();
    if (end === undefined) return `a guest did not boot within ${deadlineMs / 1000} s`;
    // The kernel has no root to go on with: the last thing it does by itself.
    if (end.reason === 'panic' && /VFS|init/.test(end.detail)) return '';
    return `a guest did not boot, ${firstWords(end.detail)}`;
  } catch (error) {
    if (isFirekilnError(error, 'VM_START_FAILED'))
      return `a guest did not boot, ${firstWords(error.details?.[0] ?? error.message)}`;
    throw error;
  } finally {
    clearTimeout(timer);
    await machine?.destroy();
    await rm(runDir, { recursive: true, force: true });
  }
}

/** What a VMM says, without the places in its source where it says so. */
function firstWords(detail: string): string {
  return detail.split(/[:\n]/)[0] ?? detail;
}
