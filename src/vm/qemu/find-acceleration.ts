import { HostFactsFile } from '../host-facts.ts';
import { type ProbeKvmOptions, whyNoKvm } from '../probe-kvm.ts';
import type { QemuAcceleration } from './command-line.ts';
import { measureTscKhz } from './measure-clock.ts';
import { createQemuDriver } from './qemu-driver.ts';

export type FindAccelerationOptions = Omit<ProbeKvmOptions, 'driver'>;

export interface FoundAcceleration {
  readonly acceleration: QemuAcceleration;
  /** Why guests are emulated; undefined with KVM. */
  readonly whyEmulated: string | undefined;
}

/** How guests run on this host, found out by trying, once per boot of the host. */
export async function findAcceleration(options: FindAccelerationOptions): Promise<FoundAcceleration> {
  const driver = createQemuDriver({ binary: options.binary, acceleration: { kind: 'kvm' } });
  const whyEmulated = await whyNoKvm({ ...options, driver });
  if (whyEmulated === undefined) return { acceleration: { kind: 'kvm' }, whyEmulated };
  return { acceleration: { kind: 'tcg', tscKhz: await hostTscKhz(options) }, whyEmulated };
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
