import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import type { DriverCapabilities, MachineDriver } from '../driver.ts';
import { VmmMachine } from '../machine.ts';
import { validateSpec } from '../validate-spec.ts';
import { FirecrackerVmm, socketNames } from './firecracker-vmm.ts';
import { firecrackerKernelArgs } from './kernel-args.ts';
import { PlainPlace } from './plain-place.ts';

export interface FirecrackerDriverOptions {
  /** Path of firecracker, 1.12 or newer. */
  readonly binary: string;
}

/** Interrupt lines for virtio devices in Firecracker 1.12 on x86, one per device. */
const virtioDevices = 18;
/** vsock, entropy, network. */
const ownDevices = 3;
/** src/vmm/src/vmm_config/machine_config.rs, MAX_SUPPORTED_VCPUS. */
const maxVcpus = 32;

/**
 * Starts machines with Firecracker, which needs a /dev/kvm that works, and runs without a jailer. A machine ends when its
 * guest resets; asked politely to stop, it gets Ctrl-Alt-Del.
 */
export function createFirecrackerDriver({ binary }: FirecrackerDriverOptions): MachineDriver {
  const capabilities: DriverCapabilities = {
    maxDrives: virtioDevices - ownDevices,
    controlTransport: 'vsock',
    endsOn: 'reset',
    rootless: true,
    accelerated: true,
    networks: ['tap'],
    snapshot: false,
    kernelArgs: firecrackerKernelArgs,
    consoleDevice: 'ttyS0',
    drivePrefix: 'vd',
  };
  return {
    name: 'firecracker',
    capabilities,
    create: async (spec) => {
      validateSpec(spec, { maxDrives: capabilities.maxDrives, maxVcpus, minMemoryMiB: 64, socketNames });
      if (spec.network !== undefined && spec.network.kind !== 'tap') {
        throw new FirekilnError('VM_SPEC_INVALID', `machine ${spec.id}: Firecracker can't use a ${spec.network.kind}`, {
          hint: 'It plugs into a tap device, as the CNI network makes them.',
        });
      }
      return new VmmMachine(spec, new FirecrackerVmm(spec, new PlainPlace(spec, binary)));
    },
  };
}
