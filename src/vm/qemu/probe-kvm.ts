import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFirekilnError } from '../../base/errors/firekiln-error.ts';
import { silentEmitter } from '../../base/events.ts';
import { systemCode } from '../../base/system-error.ts';
import type { KernelImage, Machine } from '../driver.ts';
import { createQemuDriver } from './qemu-driver.ts';

/** With KVM a kernel is through in under a second. */
const bootDeadlineMs = 15_000;

/** Why KVM can't be used without trying to boot anything, such as a device that may not be opened. */
export async function refusedKvm(device = '/dev/kvm'): Promise<string | undefined> {
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
 * Boots a kernel with KVM, as far as it comes without an initial RAM disk: the empty text if it came there, else why
 * not. A /dev/kvm that opens but runs no guest is common in nested clouds.
 */
export async function probeKvm(options: {
  readonly binary: string;
  readonly kernel: KernelImage;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const runDir = await mkdtemp(join(tmpdir(), 'fk-kvm-'));
  let machine: Machine | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const driver = createQemuDriver({ binary: options.binary, acceleration: { kind: 'kvm' } });
    machine = await driver.create({
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
      timer = setTimeout(() => resolve(undefined), bootDeadlineMs);
    });
    const end = await Promise.race([machine.ended, late]);
    options.signal?.throwIfAborted();
    if (end === undefined) return `a guest did not boot within ${bootDeadlineMs / 1000} s`;
    // The kernel has no root to go on with: the last thing it does by itself.
    if (end.reason === 'panic' && /VFS|init/.test(end.detail)) return '';
    return `a guest did not boot: ${end.detail}`;
  } catch (error) {
    if (isFirekilnError(error, 'VM_START_FAILED'))
      return `a guest did not boot: ${error.details?.[0] ?? error.message}`;
    throw error;
  } finally {
    clearTimeout(timer);
    await machine?.destroy();
    await rm(runDir, { recursive: true, force: true });
  }
}
