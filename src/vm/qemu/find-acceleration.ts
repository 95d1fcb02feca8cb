import { stat } from 'node:fs/promises';
import type { KernelImage } from '../driver.ts';
import type { QemuAcceleration } from './command-line.ts';
import { HostFactsFile } from './host-facts.ts';
import { measureTscKhz } from './measure-clock.ts';
import { probeKvm, refusedKvm } from './probe-kvm.ts';

export interface FindAccelerationOptions {
  /** Path of qemu-system-x86_64. */
  readonly binary: string;
  readonly kernel: KernelImage;
  /** Names the kernel among the kept facts. */
  readonly kernelDigest: string;
  /** Where facts about the host are kept. */
  readonly folder: string;
  /** Find out again what is known already. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface FoundAcceleration {
  readonly acceleration: QemuAcceleration;
  /** Why guests are emulated; undefined with KVM. */
  readonly whyEmulated: string | undefined;
}

/** How guests run on this host, found out by trying, once per boot of the host. */
export async function findAcceleration(options: FindAccelerationOptions): Promise<FoundAcceleration> {
  const whyEmulated = await whyNoKvm(options);
  if (whyEmulated === undefined) return { acceleration: { kind: 'kvm' }, whyEmulated };
  return { acceleration: { kind: 'tcg', tscKhz: await hostTscKhz(options) }, whyEmulated };
}

/** Why KVM is of no use here; undefined if it is. */
async function whyNoKvm(options: FindAccelerationOptions): Promise<string | undefined> {
  const refused = await refusedKvm();
  if (refused !== undefined) return refused;
  const { binary, kernel, kernelDigest, folder, fresh = false, signal } = options;
  const { size, mtimeMs } = await stat(binary);
  const key = `${kernelDigest} ${binary} ${size} ${Math.round(mtimeMs)}`;
  const reason = await new HostFactsFile(folder).remember({
    pick: (facts) => facts.kvm?.[key],
    find: async () => await probeKvm({ binary, kernel, signal }),
    put: (facts, value) => ({ ...facts, kvm: { ...facts.kvm, [key]: value } }),
    fresh,
    signal,
  });
  return reason === '' ? undefined : reason;
}

/** The host's clock rate in kHz; see {@link measureTscKhz}. */
async function hostTscKhz(options: FindAccelerationOptions): Promise<number> {
  const { binary, folder, fresh = false, signal } = options;
  return await new HostFactsFile(folder).remember({
    pick: (facts) => facts.tscKhz,
    find: async () => await measureTscKhz({ binary, signal }),
    put: (facts, tscKhz) => ({ ...facts, tscKhz }),
    fresh,
    signal,
  });
}
